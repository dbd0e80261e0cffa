//! Packets of 188 bytes (2.4.3.2), and the counters that tell a receiver that none was lost.

use super::WRAP;

/// The size of a packet.
const SIZE: usize = 188;
/// What a packet carries besides its header.
const ROOM: usize = SIZE - 4;

/// Where a kind of packet belongs to (PID).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pid {
    /// The list of programmes.
    Pat,
    /// The list of a programme's streams.
    Pmt,
    Video,
    Audio,
}

impl Pid {
    pub(super) fn number(self) -> u16 {
        match self {
            Self::Pat => 0,
            Self::Pmt => 0x1000,
            Self::Video => 0x100,
            Self::Audio => 0x101,
        }
    }
}

/// The number of each PID's next packet, modulo 16.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Counters([u8; 4]);

impl Counters {
    fn take(&mut self, pid: Pid) -> u8 {
        let counter = &mut self.0[pid as usize];
        let taken = *counter;
        *counter = (taken + 1) % 16;
        taken
    }
}

/// What a receiver is told before the payload of a picture's first packet.
#[derive(Debug, Clone, Copy)]
pub(super) struct Clock {
    /// The time that it is to set its clock to, in ticks.
    pub(super) ticks: u64,
    /// Decoding can begin here.
    pub(super) random_access: bool,
}

/// Packets, one after the other.
pub(super) struct Packets<'a> {
    pub(super) bytes: Vec<u8>,
    pub(super) counters: &'a mut Counters,
}

impl Packets<'_> {
    /// Adds what belongs together, in as many packets as it takes. The last one is filled up.
    pub(super) fn add(&mut self, pid: Pid, clock: Option<Clock>, mut payload: &[u8]) {
        let (mut clock, mut first) = (clock, true);
        while first || !payload.is_empty() {
            let adaptation = clock.take().map(|clock| adaptation(&clock)).unwrap_or_default();
            let taken = payload.len().min(ROOM - length_of(&adaptation));
            self.packet(pid, first, &adaptation, &payload[..taken]);
            payload = &payload[taken..];
            first = false;
        }
    }

    fn packet(&mut self, pid: Pid, first: bool, adaptation: &[u8], payload: &[u8]) {
        let field = ROOM - payload.len();
        let [high, low] = pid.number().to_be_bytes();
        let start = if first { 0x40 } else { 0 };
        let has_field = if field > 0 { 0x20 } else { 0 };
        let counter = self.counters.take(pid);
        self.bytes.extend([0x47, start | high, low, has_field | 0x10 | counter]);
        if field > 0 {
            // What a packet is filled up with is a part of this field (2.4.3.5).
            let end = self.bytes.len() + field;
            self.bytes.push((field - 1) as u8);
            if field > 1 && adaptation.is_empty() {
                self.bytes.push(0);
            }
            self.bytes.extend(adaptation);
            self.bytes.resize(end, 0xFF);
        }
        self.bytes.extend(payload);
    }
}

/// What an adaptation field with this content takes at least.
fn length_of(adaptation: &[u8]) -> usize {
    if adaptation.is_empty() { 0 } else { 1 + adaptation.len() }
}

/// Flags and clock reference (2.4.3.4), without the length.
fn adaptation(clock: &Clock) -> Vec<u8> {
    let random_access = if clock.random_access { 0x40 } else { 0 };
    // 33 bits in 1/90000 s, 6 bits that are reserved, 9 bits of a finer clock.
    let reference = ((clock.ticks % WRAP) << 15) | (0x3F << 9);
    let mut field = vec![0x10 | random_access];
    field.extend(&reference.to_be_bytes()[2..]);
    field
}
