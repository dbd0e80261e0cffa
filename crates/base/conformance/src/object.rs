//! The suite of object stores.
//!
//! Cases work below stream ids of their own, so a store that others use too may be tested.

mod address;
mod fixture;
mod list;
mod put;
mod read;
mod remove;

pub use address::*;
pub use list::*;
pub use put::*;
pub use read::*;
pub use remove::*;

/// One test per promise of `ports::ObjectStore`.
///
/// `open` is an async function that gives an `Arc<dyn ObjectStore>` and a value that is kept until the test
/// ends.
#[macro_export]
macro_rules! object_store {
    ($open:path) => {
        $crate::object_store! { @cases $open:
            a_put_object_is_read_back
            an_empty_object_is_an_object
            every_kind_of_key_has_its_own_object
            head_tells_size_and_hash
            the_etag_changes_with_the_bytes
            a_put_replaces_the_whole_object
            readers_see_one_version_as_a_whole
            a_broken_body_leaves_nothing
            a_broken_body_leaves_what_was_there
            an_abandoned_put_leaves_nothing
            an_object_put_when_absent_is_stored_once
            of_many_puts_when_absent_one_wins
            ranges_are_read
            ranges_outside_the_object_are_refused
            a_missing_object_is_missing
            a_local_file_holds_the_object
            a_removed_object_is_gone
            removing_nothing_is_no_error
            a_prefix_is_removed_as_a_whole
            an_emptied_prefix_can_be_filled_again
            a_listing_is_in_the_order_of_paths
            a_listing_holds_nothing_of_neighbours
            a_bucket_lists_everything
            thousands_are_listed_and_removed
            an_address_depends_on_key_and_period_only
        }
    };
    (@cases $open:path: $($case:ident)*) => {$(
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $case() {
            let Some((store, _keep_alive)) = $open().await else { return };
            $crate::object::$case(&*store).await;
        }
    )*};
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_macro_names_every_case() {
        let listed = include_str!("object.rs");
        let cases = [
            include_str!("object/address.rs"),
            include_str!("object/list.rs"),
            include_str!("object/put.rs"),
            include_str!("object/read.rs"),
            include_str!("object/remove.rs"),
        ];
        for line in cases.iter().flat_map(|text| text.lines()) {
            let Some(rest) = line.strip_prefix("pub async fn ") else { continue };
            let name = rest.split('(').next().unwrap();
            assert!(listed.contains(&format!("            {name}\n")), "object_store! lacks {name}");
        }
    }
}
