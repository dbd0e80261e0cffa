//! The suite of encoders. Its sources are made, and what comes out is decoded, by the `ffmpeg` and `ffprobe`
//! programs.

mod address;
mod media;
mod pictures;
mod programme;
mod refusal;
mod sound;
mod source;
mod stills;
mod stop;
mod text;

pub use address::*;
pub use pictures::*;
pub use programme::*;
pub use refusal::*;
pub use sound::*;
pub use stills::*;
pub use stop::*;
pub use text::*;

/// Makes a test of every promise of encoders. `open` is an async function without arguments that gives a
/// smart pointer to an encoder, and what has to live as long as it.
#[macro_export]
macro_rules! encoder {
    ($open:path) => {
        $crate::encoder! { @cases $open:
            a_source_by_address_is_encoded_as_its_file
            a_playlist_at_an_address_reads_nothing_else
            chunks_tile_every_frame_of_an_mp4
            chunks_tile_every_frame_of_a_matroska
            chunks_tile_every_frame_of_a_transport_stream
            a_hole_shows_the_picture_before_it
            a_fast_source_is_halved_where_the_ladder_says_so
            a_slow_source_has_a_keyframe_each_time
            a_cut_source_still_gives_every_promised_frame
            a_chunk_of_another_shape_in_the_middle_keeps_its_count
            a_test_source_has_picture_and_sound
            progress_reaches_the_end
            a_programme_shows_each_caption_at_its_time
            a_programme_sounds_on_when_it_begins_again
            spans_tile_and_sound_like_one
            a_beep_sounds_when_it_did
            sound_that_begins_late_and_ends_early_is_silence_there
            surround_and_mono_become_stereo
            sound_that_changes_its_form_keeps_its_place
            text_is_shown_when_it_was
            damaged_text_costs_nothing_but_itself
            a_poster_is_not_black_and_thumbnails_are_in_order
            one_keyframe_is_enough_for_stills
            what_is_no_media_is_refused
            a_playlist_reads_no_other_file
            a_source_that_is_away_is_not_refused
            a_dropped_encode_leaves_no_process
        }
    };
    (@cases $open:path: $($case:ident)*) => {$(
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $case() {
            let Some((encoder, _keep_alive)) = $open().await else { return };
            $crate::encoder::$case(&*encoder).await;
        }
    )*};
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_macro_names_every_case() {
        let listed = include_str!("encoder.rs");
        let cases = [
            include_str!("encoder/address.rs"),
            include_str!("encoder/pictures.rs"),
            include_str!("encoder/programme.rs"),
            include_str!("encoder/sound.rs"),
            include_str!("encoder/refusal.rs"),
            include_str!("encoder/stills.rs"),
            include_str!("encoder/stop.rs"),
            include_str!("encoder/text.rs"),
        ];
        for line in cases.iter().flat_map(|text| text.lines()) {
            let Some(rest) = line.strip_prefix("pub async fn ") else { continue };
            let name = rest.split('(').next().unwrap();
            assert!(listed.contains(&format!("            {name}\n")), "encoder! lacks {name}");
        }
    }
}
