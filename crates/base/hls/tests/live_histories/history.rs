//! Random histories: what an encoder sends, and what happens to those who decide.

use proptest::{collection::vec, prelude::*};

/// A history: the same world follows from it every time.
#[derive(Clone, Debug)]
pub(crate) struct History {
    /// How many segments the playlist lists.
    pub(crate) window: usize,
    /// The number of the first segment.
    pub(crate) first: u32,
    /// What the encoder sends, in its order.
    pub(crate) segments: Vec<Segment>,
    /// Whether it ends the stream, and sends so many segments after that.
    pub(crate) end: Option<u32>,
    /// What happens meanwhile.
    pub(crate) turns: Vec<Turn>,
}

/// A segment as it is sent.
#[derive(Clone, Debug)]
pub(crate) struct Segment {
    /// How long it is.
    pub(crate) millis: u64,
    /// What becomes of it on its way.
    pub(crate) way: Way,
    /// So many segments overtake it.
    pub(crate) behind: usize,
    /// The encoder was restarted before it.
    pub(crate) restart: bool,
    /// It has another resolution than the one before.
    pub(crate) other_format: bool,
    /// The encoder leaves so many numbers out before it.
    pub(crate) jump: u32,
    /// It says when it begins and with which timestamp.
    pub(crate) dated: bool,
}

/// What becomes of a segment on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    Arrives,
    Twice,
    /// Its checksum is wrong; a request for another is answered after so many events, or never.
    Spoilt(Option<usize>),
    /// It is not published; a request is answered after so many events, or never.
    Lost(Option<usize>),
    /// Nobody stored any bytes.
    Announced,
}

/// What happens at a moment.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Turn {
    /// So much time has passed.
    pub(crate) millis: u64,
    /// So many events are delivered.
    pub(crate) deliver: usize,
    /// What else happens.
    pub(crate) fate: Fate,
}

/// What happens to those who decide.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Fate {
    Nothing,
    /// The stream is silent for too long, as somebody else notices.
    Stall,
    /// The owner dies; the next one begins so many events before the committed offset.
    Crash(usize),
    /// The owner dies right after its commit, before anybody hears of it.
    CrashAfterCommit(usize),
    /// Another owner begins so many events before the committed offset, and this one does not know.
    Rival(usize),
    /// The owner before acts once more: so many events are delivered to it.
    Past(usize),
}

/// Which things go wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Sending,
    Crashing,
    Rivalry,
    Ending,
}

pub(crate) fn any_history(kind: Kind) -> impl Strategy<Value = History> {
    let (segments, turns) = match kind {
        Kind::Sending => (1..22, 1..10),
        Kind::Crashing | Kind::Rivalry => (1..14, 2..12),
        Kind::Ending => (0..8, 1..8),
    };
    let end = if kind == Kind::Ending {
        (0_u32..3).prop_map(Some).boxed()
    } else {
        prop_oneof![Just(None), Just(Some(0))].boxed()
    };
    let first = prop_oneof![8 => Just(0_u32), 1 => 1_u32..4, 1 => Just(1_700_000_000)];
    (6_usize..9, first, vec(any_segment(), segments), end, vec(any_turn(kind), turns))
        .prop_map(|(window, first, segments, end, turns)| History { window, first, segments, end, turns })
}

prop_compose! {
    fn any_segment()(
        millis in prop_oneof![12 => 200_u64..1_500, 1 => 1_500_u64..4_000, 1 => Just(0)],
        way in any_way(),
        behind in prop_oneof![5 => Just(0_usize), 1 => 1_usize..5],
        changes in (prop::bool::weighted(0.06), prop::bool::weighted(0.06)),
        jump in prop_oneof![12 => Just(0_u32), 2 => 1_u32..4, 1 => Just(150)],
        dated in prop::bool::weighted(0.8),
    ) -> Segment {
        Segment { millis, way, behind, restart: changes.0, other_format: changes.1, jump, dated }
    }
}

fn any_way() -> impl Strategy<Value = Way> {
    let answer = || prop::option::weighted(0.6, 0_usize..4);
    prop_oneof![
        12 => Just(Way::Arrives),
        2 => Just(Way::Twice),
        2 => answer().prop_map(Way::Spoilt),
        2 => answer().prop_map(Way::Lost),
        1 => Just(Way::Announced),
    ]
}

prop_compose! {
    fn any_turn(kind: Kind)(
        millis in prop_oneof![3 => 0_u64..200, 1 => 400_u64..1_200],
        deliver in 0_usize..5,
        fate in any_fate(kind),
    ) -> Turn {
        Turn { millis, deliver, fate }
    }
}

fn any_fate(kind: Kind) -> BoxedStrategy<Fate> {
    let replay = 0_usize..6;
    match kind {
        Kind::Sending => prop_oneof![9 => Just(Fate::Nothing), 1 => Just(Fate::Stall)].boxed(),
        Kind::Crashing | Kind::Ending => prop_oneof![
            4 => Just(Fate::Nothing),
            1 => Just(Fate::Stall),
            2 => replay.clone().prop_map(Fate::Crash),
            2 => replay.prop_map(Fate::CrashAfterCommit),
        ]
        .boxed(),
        Kind::Rivalry => prop_oneof![
            3 => Just(Fate::Nothing),
            2 => replay.prop_map(Fate::Rival),
            4 => (0_usize..4).prop_map(Fate::Past),
        ]
        .boxed(),
    }
}
