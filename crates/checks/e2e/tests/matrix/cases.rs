//! The table of inputs: how each is made, and what has to come out.

use crate::case::{Case, Damage, Expected, Pictures, about, case, damaged, heard, mapped, ready, short};

const PLAIN: (u32, u32) = (320, 180);
const ALIKE: Pictures = Pictures::Alike(27);
const COUNTED: Pictures = Pictures::Counted;

/// Every input.
pub(crate) const CASES: &[Case] = &[
    // Shape.
    short(
        "turned by 90",
        "a.mp4",
        &["PICTURES SOUND X264 OUT.mp4", "IN -c copy -metadata:s:v:0 rotate=90 OUT"],
        ready((180, 320), 3.0, 1, ALIKE),
    ),
    case(
        "turned by 180",
        "a.mov",
        &["PICTURES X264 OUT.mov", "IN -c copy -metadata:s:v:0 rotate=180 OUT"],
        ready(PLAIN, 3.0, 0, ALIKE),
    ),
    case(
        "turned by 270",
        "a.mp4",
        &["PICTURES X264 OUT.mp4", "IN -c copy -metadata:s:v:0 rotate=270 OUT"],
        ready((180, 320), 3.0, 0, ALIKE),
    ),
    case("portrait", "a.mp4", &["PICTURES -vf transpose X264 OUT"], ready((180, 320), 3.0, 0, ALIKE)),
    short(
        "odd width and height",
        "a.mkv",
        &["PICTURES -vf scale=321:181,setsar=1 -c:v ffv1 -pix_fmt yuv444p OUT"],
        ready((320, 180), 3.0, 0, COUNTED),
    ),
    short(
        "non-square pixels",
        "a.mp4",
        &["PICTURES -vf scale=240:180,setsar=4/3 X264 OUT"],
        ready(PLAIN, 3.0, 0, COUNTED),
    ),
    // Time.
    case("23.976 fps", "a.mp4", &["PICTURES -r 24000/1001 X264 OUT"], ready(PLAIN, 3.0, 0, ALIKE)),
    case("25 fps", "a.mp4", &["PICTURES X264 OUT"], ready(PLAIN, 3.0, 0, ALIKE)),
    case("29.97 fps", "a.mp4", &["PICTURES -r 30000/1001 X264 OUT"], ready(PLAIN, 3.0, 0, ALIKE)),
    case("50 fps", "a.ts", &["PICTURES -r 50 X264 OUT"], ready(PLAIN, 3.0, 0, COUNTED)),
    case("59.94 fps", "a.mp4", &["PICTURES -r 60000/1001 X264 OUT"], ready(PLAIN, 3.0, 0, COUNTED)),
    case("120 fps", "a.mp4", &["PICTURES -r 120 X264 OUT"], ready(PLAIN, 3.0, 0, COUNTED)),
    short(
        "variable frame rate",
        "a.mkv",
        &["PICTURES SOUND -vf select=not(eq(mod(n\\,5)\\,1)) -fps_mode vfr X264 OUT"],
        ready(PLAIN, 3.0, 1, COUNTED),
    ),
    case(
        "begins at 7 s",
        "a.mkv",
        &["PICTURES SOUND X264 -output_ts_offset 7 OUT"],
        ready(PLAIN, 3.0, 1, ALIKE),
    ),
    case(
        "begins before 0",
        "a.mkv",
        &["PICTURES SOUND -c:v mpeg4 -qscale:v 2 -avoid_negative_ts disabled -output_ts_offset -0.5 OUT"],
        ready(PLAIN, 3.0, 1, COUNTED),
    ),
    case(
        "H.264 that begins before 0",
        "a.mkv",
        &["PICTURES SOUND X264 -avoid_negative_ts disabled -output_ts_offset -0.5 OUT"],
        ready(PLAIN, 3.0, 1, ALIKE),
    ),
    case(
        "an edit list",
        "a.mp4",
        &["PICTURES SOUND X264 -g 25 OUT.mp4", "-ss 1.1 IN -c copy OUT"],
        about(PLAIN, 1.9, 0.15, 1),
    ),
    case(
        "an open GOP",
        "a.mkv",
        &["PICTURES X264 -bf 3 -g 20 -x264-params open-gop=1 OUT"],
        ready(PLAIN, 3.0, 0, ALIKE),
    ),
    case(
        "one keyframe",
        "a.mp4",
        &["PICTURES X264 -g 999 -keyint_min 999 -sc_threshold 0 OUT"],
        ready(PLAIN, 3.0, 0, ALIKE),
    ),
    case(
        "a pyramid of B-pictures",
        "a.mp4",
        &["PICTURES X264 -bf 7 -x264-params b-pyramid=normal OUT"],
        ready(PLAIN, 3.0, 0, ALIKE),
    ),
    case(
        "a GOP without B-pictures",
        "a.mp4",
        &["PICTURES -vf scroll=h=0.37:v=0.41:enable=lt(t\\,1.9) X264 OUT"],
        ready(PLAIN, 3.0, 0, COUNTED),
    ),
    case(
        "a gap in the timestamps",
        "a.mkv",
        &["PICTURES -vf select=not(between(t\\,1\\,1.8)) -fps_mode vfr X264 OUT"],
        ready(PLAIN, 3.0, 0, COUNTED),
    ),
    case("one frame", "a.mp4", &["PICTURES -frames:v 1 X264 OUT"], about(PLAIN, 0.04, 0.05, 0)),
    case("0.2 s", "a.mp4", &["PICTURES -t 0.2 X264 OUT"], ready(PLAIN, 0.2, 0, ALIKE)),
    // Fields and colours.
    short(
        "interlaced, top field first",
        "a.mpg",
        &[
            "PICTURES -r 50 -vf tinterlace=interleave_top,fieldorder=tff -c:v mpeg2video -b:v 4M -flags +ildct+ilme OUT",
        ],
        about(PLAIN, 3.0, 0.15, 0),
    ),
    case(
        "interlaced, bottom field first",
        "a.mpg",
        &[
            "PICTURES -r 50 -vf tinterlace=interleave_bottom,fieldorder=bff -c:v mpeg2video -b:v 4M -flags +ildct+ilme OUT",
        ],
        about(PLAIN, 3.0, 0.15, 0),
    ),
    case("10 bit", "a.mkv", &["PICTURES X265 -pix_fmt yuv420p10le OUT"], ready(PLAIN, 3.0, 0, ALIKE)),
    short(
        "HDR10, tagged",
        "a.mp4",
        &[
            "PICTURES -t 1 X265 -pix_fmt yuv420p10le -color_primaries bt2020 -color_trc smpte2084 -colorspace bt2020nc OUT",
        ],
        mapped(PLAIN, 1.0),
    ),
    case(
        "HLG, tagged",
        "a.mp4",
        &[
            "PICTURES -t 1 X265 -pix_fmt yuv420p10le -color_primaries bt2020 -color_trc arib-std-b67 -colorspace bt2020nc OUT",
        ],
        mapped(PLAIN, 1.0),
    ),
    case(
        "HDR, untagged",
        "a.mp4",
        &["PICTURES -t 1 X265 -pix_fmt yuv420p10le -color_trc smpte2084 OUT"],
        ready(PLAIN, 1.0, 0, COUNTED),
    ),
    case("full range", "a.mp4", &["PICTURES X264 -pix_fmt yuvj420p OUT"], ready(PLAIN, 3.0, 0, ALIKE)),
    case("4:2:2", "a.mp4", &["PICTURES X264 -pix_fmt yuv422p OUT"], ready(PLAIN, 3.0, 0, ALIKE)),
    short("4:4:4", "a.mp4", &["PICTURES X264 -pix_fmt yuv444p OUT"], ready(PLAIN, 3.0, 0, ALIKE)),
    case("grey", "a.mkv", &["PICTURES -c:v ffv1 -pix_fmt gray OUT"], ready(PLAIN, 3.0, 0, ALIKE)),
    case("alpha", "a.mov", &["PICTURES -c:v qtrle -pix_fmt argb OUT"], ready(PLAIN, 3.0, 0, ALIKE)),
    // Picture codecs and containers.
    case("HEVC in MP4", "a.mp4", &["PICTURES SOUND X265 -c:a aac OUT"], ready(PLAIN, 3.0, 1, ALIKE)),
    short(
        "VP8 and Vorbis in WebM",
        "a.webm",
        &["PICTURES SOUND -c:v libvpx -deadline realtime -b:v 2M -c:a libvorbis OUT"],
        ready(PLAIN, 3.0, 1, ALIKE),
    ),
    case(
        "VP9 and Opus in WebM",
        "a.webm",
        &["PICTURES SOUND -c:v libvpx-vp9 -deadline realtime -b:v 2M -c:a libopus OUT"],
        ready(PLAIN, 3.0, 1, ALIKE),
    ),
    case("AV1", "a.mp4", &["PICTURES -t 1 -c:v libsvtav1 -preset 10 OUT"], ready(PLAIN, 1.0, 0, COUNTED)),
    case(
        "MPEG-2 in a transport stream",
        "a.ts",
        &["PICTURES SOUND -c:v mpeg2video -b:v 4M -bf 2 -c:a mp2 OUT"],
        ready(PLAIN, 3.0, 1, COUNTED),
    ),
    case(
        "MPEG-2 in a program stream",
        "a.vob",
        &["PICTURES SOUND -c:v mpeg2video -b:v 4M -bf 2 -c:a mp2 OUT"],
        about(PLAIN, 3.0, 0.15, 1),
    ),
    case(
        "MPEG-4 ASP in AVI",
        "a.avi",
        &["PICTURES SOUND -c:v mpeg4 -b:v 3M -bf 2 -c:a libmp3lame OUT"],
        ready(PLAIN, 3.0, 1, COUNTED),
    ),
    case(
        "ProRes in QuickTime",
        "a.mov",
        &["PICTURES SOUND -c:v prores -c:a pcm_s16le OUT"],
        ready(PLAIN, 3.0, 1, ALIKE),
    ),
    case(
        "Motion JPEG in AVI",
        "a.avi",
        &["PICTURES SOUND -c:v mjpeg -q:v 3 -c:a pcm_s16le OUT"],
        ready(PLAIN, 3.0, 1, ALIKE),
    ),
    case(
        "DV",
        "a.dv",
        &["PICTURES SOUND -vf scale=720:576,setsar=16/15 -pix_fmt yuv420p -c:v dvvideo -ar 48000 -ac 2 OUT"],
        about((768, 576), 3.0, 0.15, 1),
    ),
    case(
        "Theora in Ogg",
        "a.ogv",
        &["PICTURES SOUND -c:v libtheora -q:v 8 -c:a libvorbis OUT"],
        ready(PLAIN, 3.0, 1, COUNTED),
    ),
    case(
        "WMV2 in ASF",
        "a.wmv",
        &["PICTURES SOUND -c:v wmv2 -b:v 2M -c:a wmav2 OUT"],
        ready(PLAIN, 3.0, 1, COUNTED),
    ),
    case(
        "MP4, index first",
        "a.mp4",
        &["PICTURES SOUND X264 -movflags +faststart OUT"],
        ready(PLAIN, 3.0, 1, ALIKE),
    ),
    case(
        "MP4 in fragments",
        "a.mp4",
        &["PICTURES SOUND X264 -g 25 -movflags +frag_keyframe+empty_moov OUT"],
        ready(PLAIN, 3.0, 1, ALIKE),
    ),
    case(
        "a screen in Flash video",
        "a.flv",
        &["PICTURES SOUND -c:v flashsv -c:a libmp3lame -ar 44100 OUT"],
        ready(PLAIN, 3.0, 1, COUNTED),
    ),
    case(
        "RealMedia",
        "a.rm",
        &["PICTURES SOUND -c:v rv20 -q:v 3 -c:a ac3 OUT"],
        ready(PLAIN, 3.0, 1, COUNTED),
    ),
    case("Flash video", "a.flv", &["PICTURES SOUND X264 -c:a aac OUT"], ready(PLAIN, 3.0, 1, COUNTED)),
    case(
        "MXF",
        "a.mxf",
        &["PICTURES SOUND -c:v mpeg2video -b:v 4M -c:a pcm_s16le -ar 48000 OUT"],
        about(PLAIN, 3.0, 0.15, 1),
    ),
    case(
        "3GP",
        "a.3gp",
        &["PICTURES -vf scale=176:144,setsar=1 -c:v h263 OUT"],
        ready((176, 144), 3.0, 0, COUNTED),
    ),
    short("GIF", "a.gif", &["PICTURES -r 10 OUT"], ready(PLAIN, 3.0, 0, COUNTED)),
    // Sound.
    case(
        "HE-AAC",
        "a.mp4",
        &["PICTURES SOUND X264 -c:a libfdk_aac -profile:a aac_he OUT"],
        ready(PLAIN, 3.0, 1, ALIKE),
    ),
    case("MP3", "a.mkv", &["PICTURES SOUND X264 -c:a libmp3lame OUT"], ready(PLAIN, 3.0, 1, ALIKE)),
    case("Opus", "a.mkv", &["PICTURES SOUND X264 -c:a libopus OUT"], ready(PLAIN, 3.0, 1, ALIKE)),
    case("AC-3, 5.1", "a.mkv", &["PICTURES SOUND X264 -c:a ac3 -ac 6 OUT"], ready(PLAIN, 3.0, 1, ALIKE)),
    case("FLAC, 7.1", "a.mkv", &["PICTURES SOUND X264 -c:a flac -ac 8 OUT"], ready(PLAIN, 3.0, 1, ALIKE)),
    case(
        "PCM, mono 8 kHz",
        "a.mov",
        &["PICTURES SOUND X264 -c:a pcm_s16le -ac 1 -ar 8000 OUT"],
        ready(PLAIN, 3.0, 1, ALIKE),
    ),
    case(
        "sound that ends early",
        "a.mp4",
        &["PICTURES SOUND X264 -af atrim=end=1.7 OUT"],
        ready(PLAIN, 3.0, 1, ALIKE),
    ),
    case(
        "sound that goes on",
        "a.mp4",
        &["PICTURES SOUND X264 -vf trim=end=1.8 OUT"],
        about(PLAIN, 3.0, 0.1, 1),
    ),
    case(
        "sound that begins late",
        "a.mkv",
        &["PICTURES SOUND -copyts X264 -af asetpts=PTS+1/TB OUT"],
        about(PLAIN, 4.0, 0.1, 1),
    ),
    short("sound alone", "a.mp3", &["SOUND -c:a libmp3lame OUT"], heard(3.0, 0.1)),
    short(
        "two languages and subtitles",
        "a.mkv",
        &[
            "PICTURES SOUND SOUND TEXT -map 0:v -map 1:a -map 2:a -map 3:s X264 -metadata:s:a:0 language=eng -metadata:s:a:1 language=ger -c:s srt OUT",
        ],
        ready(PLAIN, 3.0, 2, ALIKE),
    ),
    case(
        "cover art",
        "a.mp3",
        &[
            "SOUND -c:a libmp3lame OUT.mp3",
            "PICTURES -frames:v 1 -update 1 KEEP.png",
            "IN -i KEEP.png -map 0 -map 1 -c copy -disposition:v:0 attached_pic OUT",
        ],
        heard(3.0, 0.1),
    ),
    // Tracks.
    case(
        "two programs",
        "a.ts",
        &[
            "PICTURES SOUND -map 0:v -map 1:a -map 0:v -map 1:a X264 -s:v:0 160x90 -program program_num=1:st=0:st=1 -program program_num=2:st=2:st=3 OUT",
        ],
        ready(PLAIN, 3.0, 1, COUNTED),
    ),
    case(
        "a cover of an odd kind",
        "a.mkv",
        &[
            "PICTURES -frames:v 1 -update 1 KEEP.bmp",
            "PICTURES SOUND X264 -attach KEEP.bmp -metadata:s:t mimetype=image/bmp OUT",
        ],
        ready(PLAIN, 3.0, 1, ALIKE),
    ),
    // Accidents.
    case(
        "a change of size",
        "a.ts",
        &[
            "PICTURES X264 -t 1.5 OUT.ts",
            "PICTURES -vf scale=480:270 X264 -t 1.5 -output_ts_offset 1.5 KEEP.ts",
            "JOIN OUT",
        ],
        about(PLAIN, 3.0, 0.2, 0),
    ),
    case(
        "a clock that begins anew",
        "a.ts",
        &[
            "PICTURES SOUND X264 -g 25 -t 1.52 OUT.ts",
            "PICTURES SOUND X264 -g 25 -vf trim=start=1.52,setpts=PTS-STARTPTS -af atrim=start=1.52,asetpts=PTS-STARTPTS KEEP.ts",
            "JOIN OUT",
        ],
        about(PLAIN, 3.0, 0.1, 1),
    ),
    damaged(
        case(
            "without its last fragment",
            "a.mp4",
            &[
                "PICTURES SOUND X264 -g 25 -sc_threshold 0 -movflags +frag_keyframe+empty_moov+default_base_moof OUT",
            ],
            about(PLAIN, 2.0, 0.2, 1),
        ),
        Damage::LoseLastFragment,
    ),
    damaged(
        short(
            "a tail that is cut off",
            "a.ts",
            &["PICTURES SOUND X264 -g 10 OUT"],
            about(PLAIN, 2.1, 0.5, 1),
        ),
        Damage::Keep(70),
    ),
    damaged(
        case("MP4 without its index", "a.mp4", &["PICTURES SOUND X264 OUT"], Expected::Rejected("not_media")),
        Damage::Keep(60),
    ),
    damaged(
        case(
            "a scrap of sound",
            "a.flac",
            &["-f lavfi -i sine=d=120 -c:a flac OUT"],
            Expected::Rejected("cut_short"),
        ),
        Damage::Keep(1),
    ),
];

/// What players in a browser play to the end: a name, and whether also in the short form.
pub(crate) const PLAYED: &[(&str, bool)] = &[
    ("turned by 90", true),
    ("two languages and subtitles", true),
    ("sound alone", false),
    ("variable frame rate", false),
    ("59.94 fps", false),
    ("interlaced, top field first", false),
    ("HDR10, tagged", false),
    ("0.2 s", false),
    ("sound that begins late", false),
    ("AC-3, 5.1", false),
    ("a tail that is cut off", false),
];
