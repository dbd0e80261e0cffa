//! Tests of what headers say.

use super::*;

fn found(json: &str) -> Result<Headers, MediaError> {
    let text = format!(r#"{{"format":{{"format_name":"mov,mp4","probe_score":100}},"streams":[{json}]}}"#);
    interpret(serde_json::from_str(&text).unwrap(), &Limits::default())
}

fn size(extra: &str) -> (u32, u32) {
    let json =
        format!(r#"{{"index":0,"codec_type":"video","codec_name":"h264","width":640,"height":360{extra}}}"#);
    let video = found(&json).unwrap().video.unwrap();
    (video.width, video.height)
}

#[test]
fn sizes_are_as_displayed() {
    assert_eq!(size(""), (640, 360));
    assert_eq!(size(r#","sample_aspect_ratio":"2:3""#), (427, 360));
    assert_eq!(size(r#","sample_aspect_ratio":"0:1""#), (640, 360));
    assert_eq!(size(r#","side_data_list":[{"side_data_type":"x"},{"rotation":-90}]"#), (360, 640));
    assert_eq!(size(r#","tags":{"rotate":"180"}"#), (640, 360));
}

#[test]
fn a_header_that_promises_forever_promises_nothing() {
    let declared = |seconds: &str| {
        let text = format!(r#"{{"format_name":"mov,mp4","probe_score":100,"duration":"{seconds}"}}"#);
        serde_json::from_str::<Format>(&text).unwrap().declared_us()
    };
    assert_eq!(declared("9.000000"), Some(9_000_000));
    assert_eq!(declared("4294967.295000"), None);
}

#[test]
fn hdr_has_to_be_tagged_in_full() {
    let hdr = |colours: &str| {
        let json = format!(
            r#"{{"index":0,"codec_type":"video","codec_name":"hevc","width":64,"height":64{colours}}}"#
        );
        found(&json).unwrap().video.unwrap().high_dynamic_range
    };
    assert!(!hdr(r#","color_transfer":"smpte2084""#));
    assert!(hdr(r#","color_transfer":"arib-std-b67","color_primaries":"bt2020","color_space":"bt2020nc""#));
    assert!(!hdr(r#","color_transfer":"bt709","color_primaries":"bt709","color_space":"bt709""#));
}

#[test]
fn cover_art_is_no_video_and_und_is_no_language() {
    let headers = found(
        r#"{"index":0,"codec_type":"video","codec_name":"png","width":9,"height":9,
            "disposition":{"attached_pic":1}},
           {"index":1,"codec_type":"audio","codec_name":"flac","channels":2,"tags":{"language":"und"}},
           {"index":2,"codec_type":"audio","codec_name":"flac","channels":2,"tags":{"language":"deu"}},
           {"index":3,"codec_type":"audio","channels":2}"#,
    )
    .unwrap();
    assert!(headers.video.is_none());
    let languages: Vec<_> = headers.audio.iter().map(|a| a.language.as_deref()).collect();
    assert_eq!(languages, [None, Some("deu")]);
}

#[test]
fn of_several_pictures_the_main_one_is_shown() {
    let shown = |tracks: [(u32, bool); 2]| {
        let track = |(index, (width, on)): (u32, (u32, bool))| {
            let on = u32::from(on);
            format!(
                r#"{{"index":{index},"codec_type":"video","codec_name":"h264","width":{width},"height":90,
                    "disposition":{{"default":{on}}}}}"#
            )
        };
        let json: Vec<String> = (0..).zip(tracks).map(track).collect();
        found(&json.join(",")).unwrap().video.unwrap().index
    };
    assert_eq!(shown([(160, true), (160, true)]), 0);
    assert_eq!(shown([(64, true), (160, true)]), 1);
    assert_eq!(shown([(320, false), (160, true)]), 1);
    assert_eq!(shown([(320, false), (160, false)]), 0);
}

#[test]
fn what_belongs_to_another_program_is_left_out() {
    let picture = |index: u32| {
        format!(r#"{{"index":{index},"codec_type":"video","codec_name":"h264","width":160,"height":90}}"#)
    };
    let sound =
        |index: u32| format!(r#"{{"index":{index},"codec_type":"audio","codec_name":"mp2","channels":2}}"#);
    let streams = [picture(0), sound(1), picture(2), sound(3), sound(4)].join(",");
    let text = format!(
        r#"{{"format":{{"format_name":"mpegts","probe_score":100}},"streams":[{streams}],
            "programs":[{{"streams":[{{"index":0}},{{"index":1}}]}},{{"streams":[{{"index":2}},{{"index":3}}]}}]}}"#
    );
    let headers = interpret(serde_json::from_str(&text).unwrap(), &Limits::default()).unwrap();
    let heard: Vec<u32> = headers.audio.iter().map(|stream| stream.index).collect();
    assert_eq!((headers.video.unwrap().index, heard), (0, vec![1, 4]));
}

#[test]
fn a_language_cannot_break_a_playlist() {
    assert!(is_language("pt-BR") && is_language("eng"));
    for bad in ["und", "e", "eng\"", "a,b", "x\ny", "verylongpart", ""] {
        assert!(!is_language(bad), "{bad:?}");
    }
}

#[test]
fn refusals_have_codes() {
    let code = |json: &str| match found(json) {
        Err(MediaError::Rejected(rejection)) => Some(rejection.code),
        _ => None,
    };
    let big = r#"{"index":0,"codec_type":"video","codec_name":"h264","width":16384,"height":16384}"#;
    assert_eq!(code(big), Some(RejectionCode::OverLimit));
    assert_eq!(code(r#"{"index":0,"codec_type":"video"}"#), Some(RejectionCode::UnsupportedCodec));
    assert_eq!(
        code(r#"{"index":0,"codec_type":"audio","channels":2}"#),
        Some(RejectionCode::UnsupportedCodec)
    );
    assert_eq!(code(r#"{"index":0,"codec_type":"data"}"#), Some(RejectionCode::NotMedia));
}
