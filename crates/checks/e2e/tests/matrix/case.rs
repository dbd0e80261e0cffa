//! What an input is: how it is made, and what has to come out.

/// An input.
pub(crate) struct Case {
    pub(crate) name: &'static str,
    /// It is one of the representative dozen.
    pub(crate) short: bool,
    /// The file's name.
    pub(crate) file: &'static str,
    /// Arguments of ffmpeg, one call after another. `PICTURES` and `SOUND` are inputs of three seconds, `IN` is what the call
    /// before made, `OUT` what this one makes.
    pub(crate) made: &'static [&'static str],
    /// What is done to the bytes in the end.
    pub(crate) damage: Damage,
    pub(crate) expected: Expected,
}

/// What is done to a file's bytes.
pub(crate) enum Damage {
    None,
    /// Only this share of it is kept, in percent.
    Keep(usize),
    /// Its last fragment is taken away.
    LoseLastFragment,
}

/// What has to become of it.
pub(crate) enum Expected {
    Ready(Ready),
    /// The code of the refusal.
    Rejected(&'static str),
}

/// What has to come out.
pub(crate) struct Ready {
    /// The size of the largest rendition; none for sound alone.
    pub(crate) size: Option<(u32, u32)>,
    /// How long it plays.
    pub(crate) seconds: f64,
    /// How far that may be off, in seconds.
    pub(crate) tolerance: f64,
    /// Renditions of sound.
    pub(crate) sound: usize,
    /// How each picture is held against the source's.
    pub(crate) pictures: Pictures,
    /// Its colours are mapped to a smaller range.
    pub(crate) mapped: bool,
}

/// How pictures are judged.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pictures {
    /// Each is that of the source with the same number, at least so similar, in dB.
    Alike(u8),
    /// As many as the length asks for, and they show something.
    Counted,
}

pub(crate) const fn ready(size: (u32, u32), seconds: f64, sound: usize, pictures: Pictures) -> Expected {
    Expected::Ready(Ready { size: Some(size), seconds, tolerance: 0.1, sound, pictures, mapped: false })
}

pub(crate) const fn about(size: (u32, u32), seconds: f64, tolerance: f64, sound: usize) -> Expected {
    Expected::Ready(Ready {
        size: Some(size),
        seconds,
        tolerance,
        sound,
        pictures: Pictures::Counted,
        mapped: false,
    })
}

/// Of a high dynamic range.
pub(crate) const fn mapped(size: (u32, u32), seconds: f64) -> Expected {
    let (tolerance, pictures) = (0.1, Pictures::Counted);
    Expected::Ready(Ready { size: Some(size), seconds, tolerance, sound: 0, pictures, mapped: true })
}

pub(crate) const fn heard(seconds: f64, tolerance: f64) -> Expected {
    Expected::Ready(Ready {
        size: None,
        seconds,
        tolerance,
        sound: 1,
        pictures: Pictures::Counted,
        mapped: false,
    })
}

pub(crate) const fn case(
    name: &'static str,
    file: &'static str,
    made: &'static [&'static str],
    expected: Expected,
) -> Case {
    Case { name, short: false, file, made, damage: Damage::None, expected }
}

pub(crate) const fn short(
    name: &'static str,
    file: &'static str,
    made: &'static [&'static str],
    expected: Expected,
) -> Case {
    Case { short: true, ..case(name, file, made, expected) }
}

pub(crate) const fn damaged(case: Case, damage: Damage) -> Case {
    Case { damage, ..case }
}
