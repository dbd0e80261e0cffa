//! The one place where arguments begin: what every call has, so that no source can reach anything but itself.

use crate::limits::Limits;
use ports::Source;
use std::{
    ffi::{OsStr, OsString},
    path::{Path, PathBuf},
};

/// Demuxers for what people upload. None that follows references (hls, dash, concat, sdp, image2) or reads
/// text as pictures (tty): `-protocol_whitelist` alone lets a playlist named `.mp4` open other files.
const DEMUXERS: &str = "\
    mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpegts,flv,live_flv,asf,ogg,mpeg,mxf,gif,dv,wav,mp3,flac,\
    aac,amr,aiff,rm,wtv,ivf";

/// Decoders for what cameras, phones, recorders and editors write, and wrote. Subtitles and pictures of covers are among them
/// because `ffprobe` opens the decoder of every stream, and ends where it may not: one odd track would cost the whole file.
const DECODERS: &str = "\
    h264,hevc,av1,libdav1d,libaom-av1,vp8,vp9,libvpx,libvpx-vp9,vp6,vp6f,vp6a,mpeg1video,mpeg2video,\
    mpegvideo,mpeg4,msmpeg4v1,msmpeg4v2,msmpeg4,wmv1,wmv2,wmv3,vc1,h261,h263,h263i,h263p,flv,mjpeg,\
    mjpegb,prores,dnxhd,dvvideo,theora,cinepak,indeo3,indeo4,indeo5,svq1,svq3,rpza,smc,qtrle,8bps,\
    huffyuv,ffvhuff,ffv1,utvideo,magicyuv,lagarith,rawvideo,v210,gif,png,msvideo1,msrle,cfhd,jpeg2000,\
    tscc2,zmbv,fraps,hap,camtasia,camstudio,flashsv,flashsv2,mss1,mss2,msa1,mts2,g2m,vmnc,mszh,zlib,aasc,\
    dxtory,cllc,rv10,rv20,rv30,rv40,vp3,vp4,vp5,vp7,cavs,dirac,snow,amv,sp5x,mimic,aic,pixlet,sheervideo,\
    hq_hqa,hqx,avrn,avui,dxv,speedhq,asv1,asv2,vcr1,cljr,wnv1,indeo2,ultimotion,qpeg,truemotion1,\
    truemotion2,cyuv,loco,r210,r10k,v210x,v308,v408,v410,y41p,yuv4,ayuv,012v,vc1image,wmv3image,\
    bmp,webp,aac,aac_latm,mp1,mp1float,mp2,mp2float,mp3,mp3float,ac3,eac3,dca,truehd,mlp,\
    opus,libopus,vorbis,libvorbis,flac,alac,wavpack,tta,ape,wmav1,wmav2,wmapro,wmavoice,wmalossless,\
    amrnb,amrwb,pcm_s16le,pcm_s16be,pcm_u8,pcm_s8,pcm_s24le,pcm_s24be,pcm_s32le,pcm_s32be,pcm_f32le,\
    pcm_f32be,pcm_f64le,pcm_f64be,pcm_u16le,pcm_u16be,pcm_u24le,pcm_u24be,pcm_u32le,pcm_u32be,pcm_alaw,\
    pcm_mulaw,pcm_dvd,pcm_bluray,pcm_vidc,adpcm_ms,adpcm_ima_wav,adpcm_ima_qt,adpcm_swf,g722,g726,\
    adpcm_yamaha,g723_1,gsm,gsm_ms,mace3,mace6,qdm2,nellymoser,speex,libspeex,s302m,dolby_e,\
    cook,sipr,real_144,real_288,ralf,atrac3,atrac3plus,qcelp,evrc,ilbc,libilbc,g726le,g729,libgsm,\
    libgsm_ms,dvaudio,als,mp3adufloat,mp3adu,mp3on4float,mp3on4,truespeech,imc,metasound,msnsiren,qdmc,\
    on2avc,adpcm_ima_amv,adpcm_ct,adpcm_sbpro_2,adpcm_sbpro_3,adpcm_sbpro_4,adpcm_ima_dk3,adpcm_ima_dk4,\
    pcm_s8_planar,pcm_s16be_planar,pcm_s16le_planar,pcm_s24le_planar,pcm_s32le_planar,pcm_s64le,\
    pcm_s64be,pcm_f16le,pcm_f24le,libaribb24,libaribcaption,subrip,srt,ass,ssa,\
    webvtt,mov_text,text,pgssub,dvdsub,dvbsub,xsub,cc_dec,libzvbi_teletextdec";

/// How much of a file the demuxer may read, in bytes, and how much of its time, in microseconds, before the
/// streams must be known.
const LOOK: &str = "10000000";

/// A program and its arguments.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    pub(crate) program: PathBuf,
    pub(crate) args: Vec<OsString>,
}

impl Call {
    /// `ffprobe` on a source, which goes last: see [`Call::source`].
    pub(crate) fn ffprobe(program: &Path) -> Self {
        Self { program: program.to_owned(), args: Vec::new() }.words("-hide_banner -v error")
    }

    /// `ffmpeg`, before its inputs.
    pub(crate) fn ffmpeg(program: &Path) -> Self {
        Self { program: program.to_owned(), args: Vec::new() }
            .words("-hide_banner -nostdin -nostats -y -v warning -max_error_rate 1")
    }

    /// Adds arguments that are fixed in this program and hold no spaces.
    pub(crate) fn words(mut self, words: &str) -> Self {
        self.args.extend(words.split_ascii_whitespace().map(OsString::from));
        self
    }

    /// Adds one argument.
    pub(crate) fn arg(mut self, arg: impl AsRef<OsStr>) -> Self {
        self.args.push(arg.as_ref().to_owned());
        self
    }

    /// Adds an untrusted file as an input.
    pub(crate) fn source(self, path: &Path, limits: &Limits) -> Self {
        self.untrusted("file", file_url(path), limits)
    }

    /// Adds an untrusted source as an input, a file or an address on loopback.
    pub(crate) fn reading(self, source: &Source, limits: &Limits) -> Self {
        match source {
            Source::File(path) => self.source(path, limits),
            // Whoever serves it tries again what fails: `-reconnect` would only hide that.
            Source::Address(address) => self.untrusted("http,tcp", address.as_str().into(), limits),
        }
    }

    fn untrusted(self, protocols: &str, input: OsString, limits: &Limits) -> Self {
        self.words("-protocol_whitelist")
            .arg(protocols)
            .arg("-format_whitelist")
            .arg(DEMUXERS)
            .arg("-codec_whitelist")
            .arg(DECODERS)
            .arg("-max_pixels")
            .arg(limits.pixels.to_string())
            .arg("-max_streams")
            .arg(limits.streams.to_string())
            .words("-probesize")
            .arg(LOOK)
            .words("-analyzeduration")
            .arg(LOOK)
            .arg("-i")
            .arg(input)
    }

    /// Adds a file by its path, so that no part of it is taken for an option, a protocol or a pattern.
    pub(crate) fn file(self, path: &Path) -> Self {
        self.arg(file_url(path))
    }

    /// What every output is without: subtitles, data, and whatever the uploader wrote about the file.
    pub(crate) fn nothing_else(self) -> Self {
        self.words("-sn -dn -map_metadata -1 -map_chapters -1 -fflags +bitexact -flags +bitexact")
    }
}

fn file_url(path: &Path) -> OsString {
    let mut url = OsString::from("file:");
    url.push(path);
    url
}

/// Microseconds as the seconds of a command line, exactly.
pub(crate) fn seconds(micros: i64) -> String {
    let sign = if micros < 0 { "-" } else { "" };
    let micros = micros.unsigned_abs();
    format!("{sign}{}.{:06}", micros / 1_000_000, micros % 1_000_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_are_exact() {
        assert_eq!(seconds(0), "0.000000");
        assert_eq!(seconds(-500_001), "-0.500001");
        assert_eq!(seconds(43_200_000_007), "43200.000007");
    }

    #[test]
    fn a_path_is_never_an_option_or_an_address() {
        let source = Source::File("/job/-y".into());
        let call = Call::ffmpeg(Path::new("/usr/bin/ffmpeg")).reading(&source, &Limits::default());
        assert_eq!(call.args.last().map(OsString::as_os_str), Some(OsStr::new("file:/job/-y")));
    }

    #[test]
    fn a_source_has_its_own_protocol_and_no_other() {
        let address = Source::Address("http://127.0.0.1:9/a".parse().unwrap());
        for (source, protocols) in [(Source::File("/job/a".into()), "file"), (address, "http,tcp")] {
            let call = Call::ffmpeg(Path::new("/usr/bin/ffmpeg")).reading(&source, &Limits::default());
            let mut args = call.args.iter().skip_while(|arg| *arg != "-protocol_whitelist");
            assert_eq!(args.nth(1).map(OsString::as_os_str), Some(OsStr::new(protocols)));
        }
    }

    #[test]
    fn demuxers_that_follow_references_are_not_listed() {
        for name in ["hls", "applehttp", "dash", "concat", "sdp", "tty", "image2", "lavfi", "mpegvideo"] {
            assert!(DEMUXERS.split(',').all(|listed| listed != name), "{name}");
        }
    }
}
