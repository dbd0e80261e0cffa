//! The suite of documents. Every case works with ids and values of its own, so that a server may be shared.

mod paging;
mod query;
mod unique;
mod value;
mod write;

pub use paging::*;
pub use query::*;
pub use value::*;
pub use write::*;

pub(crate) use unique::unique;

use domain::collection::Kind;
use ports::{Documents, Inserted, Json, Page, Query, Replaced, Revision, Stored};

/// One test for each promise of `Documents`. `open` is an async function that gives an `Arc<dyn Documents>`
/// and what keeps it alive, or nothing.
#[macro_export]
macro_rules! documents {
    ($open:path) => {
        $crate::documents! { @cases $open:
            what_was_inserted_is_read
            what_was_never_inserted_is_not_there
            collections_are_separate
            an_insert_leaves_what_is_there
            of_many_inserts_one_is_new
            a_replacement_needs_the_present_revision
            a_missing_document_cannot_be_replaced
            a_removal_needs_the_present_revision
            a_missing_document_cannot_be_removed
            what_was_removed_can_be_added_again_under_another_revision
            every_write_gives_another_revision
            of_many_replacements_one_is_done
            replacements_at_once_have_an_answer_each
            concurrent_increments_lose_nothing
            appending_adds_what_is_not_there_and_only_that
            appending_twice_at_once_adds_each_once
            appending_nothing_is_nothing
            strange_texts_survive
            numbers_survive
            shapes_survive
            strange_texts_are_found_by_equality_alone
            first_fields_select
            documents_come_in_the_order_of_the_index
            ties_are_in_the_order_of_ids
            texts_sort_by_their_code_points
            numbers_sort_as_numbers
            a_document_that_lacks_the_field_comes_first
            a_range_includes_its_ends
            a_range_excludes_what_lacks_the_field
            an_answer_has_the_present_version
            count_knows_no_limit_and_no_cursor
            only_texts_and_numbers_can_be_compared_with
            pages_have_everything_once
            pages_of_a_range_have_everything_once
            pages_stay_whole_while_others_write
            a_full_last_page_has_no_next
            a_cursor_is_safe_in_an_address
            a_cursor_of_another_query_is_invalid
            a_cursor_of_garbage_is_invalid
        }
    };
    (@cases $open:path: $($case:ident)+) => {
        $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $case() {
                let Some((port, _alive)) = $open().await else { return };
                $crate::document::$case(&*port).await;
            }
        )+
    };
}

/// A state that no other case uses, for the queries that begin with it.
fn state() -> String {
    unique("state")
}

/// Adds a document whose id must be new.
async fn add(port: &dyn Documents, kind: Kind, id: &str, body: &Json) -> Revision {
    match port.insert(kind, id, body.clone()).await.expect("insert") {
        Inserted::New(revision) => revision,
        Inserted::AlreadyThere(stored) => panic!("{id} is there already: {stored:?}"),
    }
}

/// Adds jobs under ids that begin with a text of their own and end with these; gives the beginning.
async fn add_jobs(port: &dyn Documents, jobs: impl IntoIterator<Item = (&str, Json)>) -> String {
    let prefix = unique("job");
    let bodies = jobs.into_iter().map(|(id, body)| (format!("{prefix}-{id}"), body)).collect();
    port.append_new(Kind::Job, bodies).await.expect("append_new");
    prefix
}

/// Reads a document that must be there.
async fn read(port: &dyn Documents, kind: Kind, id: &str) -> Stored {
    port.get(kind, id).await.expect("get").unwrap_or_else(|| panic!("{id} is not there"))
}

async fn replace(port: &dyn Documents, id: &str, at: Revision, body: &Json) -> Replaced {
    port.replace(Kind::Job, id, at, body.clone()).await.expect("replace")
}

async fn find(port: &dyn Documents, query: &Query) -> Page {
    port.find(query).await.unwrap_or_else(|error| panic!("{query:?}: {error}"))
}

/// What follows the last `-` of each id, in the order of the answer.
fn endings(page: &Page) -> Vec<&str> {
    page.documents.iter().filter_map(|document| document.id.rsplit('-').next()).collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_macro_names_every_case() {
        let listed = include_str!("document.rs");
        let cases = [
            include_str!("document/paging.rs"),
            include_str!("document/query.rs"),
            include_str!("document/value.rs"),
            include_str!("document/write.rs"),
        ];
        for line in cases.iter().flat_map(|text| text.lines()) {
            let Some(rest) = line.strip_prefix("pub async fn ") else { continue };
            let name = rest.split('(').next().unwrap();
            assert!(listed.contains(&format!("            {name}\n")), "documents! lacks {name}");
        }
    }
}
