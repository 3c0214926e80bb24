//! Buttons: what a press means, and the proof that it was offered to whoever presses, here, and not long ago.
//!
//! ```text
//! data   = base64url(action:u8 ‖ target:16 ‖ argument:u32 ‖ expiry:u32 ‖ offer:u32 ‖ mac:12)  41 bytes, 55 characters
//! mac    = HMAC(action ‖ target ‖ argument ‖ expiry ‖ offer, who, place), cut to 96 bits
//! offer  = a number that no other button of this process has, so that what was used up is this button alone
//! ```
//!
//! Invariant: a press does no more than the typed command would; it is authorised again when it comes.

use data_encoding::BASE64URL_NOPAD;
use sessions::id::{CheckpointId, IdBytes, PlaceId, SessionId};
use sessions::time::Timestamp;
use subtle::ConstantTimeEq;

/// How long a button can be pressed, in seconds: as long as things can be undone by default.
const LIFETIME: u32 = 7 * 86_400;
const BODY: usize = 29;
const MAC: usize = 12;

/// What a press asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Press {
    Resume(SessionId),
    Restore(CheckpointId),
    DeleteCheckpoint(CheckpointId),
    /// Undo of the journal entry with this mark.
    Undo(u32),
    /// The history of a session up to a position.
    History(SessionId, u32),
    /// The list of sessions behind this one.
    Sessions(SessionId),
    /// The list of checkpoints behind this one.
    Checkpoints(CheckpointId),
    /// A search that goes on, by the id of what is remembered of it.
    Search(IdBytes),
    /// The answer that waits in the outbox under this number.
    Show(i64),
}

impl Press {
    /// Whether it counts once.
    pub(crate) fn counts_once(self) -> bool {
        match self {
            Self::Resume(_) | Self::Restore(_) | Self::DeleteCheckpoint(_) | Self::Undo(_) => true,
            Self::History(..)
            | Self::Sessions(_)
            | Self::Checkpoints(_)
            | Self::Search(_)
            | Self::Show(_) => false,
        }
    }

    fn parts(self) -> (u8, IdBytes, u32) {
        match self {
            Self::Resume(id) => (1, *id.as_bytes(), 0),
            Self::Restore(id) => (2, *id.as_bytes(), 0),
            Self::DeleteCheckpoint(id) => (3, *id.as_bytes(), 0),
            Self::Undo(entry) => (4, [0; 16], entry),
            Self::History(id, upto) => (5, *id.as_bytes(), upto),
            Self::Sessions(id) => (6, *id.as_bytes(), 0),
            Self::Checkpoints(id) => (7, *id.as_bytes(), 0),
            Self::Search(id) => (8, id, 0),
            Self::Show(seq) => (9, u128::from(seq.cast_unsigned()).to_be_bytes(), 0),
        }
    }

    fn from_parts(action: u8, target: IdBytes, argument: u32) -> Option<Self> {
        Some(match action {
            1 => Self::Resume(SessionId::new(target)),
            2 => Self::Restore(CheckpointId::new(target)),
            3 => Self::DeleteCheckpoint(CheckpointId::new(target)),
            4 => Self::Undo(argument),
            5 => Self::History(SessionId::new(target), argument),
            6 => Self::Sessions(SessionId::new(target)),
            7 => Self::Checkpoints(CheckpointId::new(target)),
            8 => Self::Search(target),
            9 => Self::Show(u64::try_from(u128::from_be_bytes(target)).ok()?.cast_signed()),
            _ => return None,
        })
    }
}

/// Who may press, and where.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Presser<'a> {
    /// The peer, or the empty string where everybody in the place may.
    pub(crate) who: &'a str,
    pub(crate) place: PlaceId,
}

/// Makes and checks the data of buttons, with a keyed hash of the store's own.
pub(crate) fn seal(
    press: Press,
    by: Presser<'_>,
    now: Timestamp,
    offer: u32,
    mac: impl Fn(&[&[u8]]) -> [u8; 32],
) -> String {
    let (action, target, argument) = press.parts();
    let mut data = Vec::with_capacity(BODY + MAC);
    data.push(action);
    data.extend_from_slice(&target);
    data.extend_from_slice(&argument.to_be_bytes());
    data.extend_from_slice(&seconds(now).saturating_add(LIFETIME).to_be_bytes());
    data.extend_from_slice(&offer.to_be_bytes());
    let proof = mac(&[&data, by.who.as_bytes(), by.place.as_bytes()]);
    data.extend(proof.iter().take(MAC));
    BASE64URL_NOPAD.encode(&data)
}

/// What a press asks for; `None` when it is forged, foreign or too old.
pub(crate) fn open(
    data: &str,
    by: Presser<'_>,
    now: Timestamp,
    mac: impl Fn(&[&[u8]]) -> [u8; 32],
) -> Option<Press> {
    let data = BASE64URL_NOPAD.decode(data.as_bytes()).ok()?;
    let (body, proof) = data.split_at_checked(BODY)?;
    let expected = mac(&[body, by.who.as_bytes(), by.place.as_bytes()]);
    let expected: Vec<u8> = expected.into_iter().take(MAC).collect();
    if proof.len() != MAC || !bool::from(expected.as_slice().ct_eq(proof)) {
        return None;
    }
    let (action, rest) = body.split_first()?;
    let (target, rest) = rest.split_first_chunk::<16>()?;
    let (argument, rest) = rest.split_first_chunk::<4>()?;
    let (expiry, _) = rest.split_first_chunk::<4>()?;
    if u32::from_be_bytes(*expiry) < seconds(now) {
        return None;
    }
    Press::from_parts(*action, *target, u32::from_be_bytes(*argument))
}

fn seconds(at: Timestamp) -> u32 {
    u32::try_from(at.as_millis() / 1000).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every byte of the parts moves every byte of the sum: enough to stand for a MAC here.
    fn mac(parts: &[&[u8]]) -> [u8; 32] {
        let mut state = 0xcbf2_9ce4_8422_2325_u64;
        for byte in parts.iter().flat_map(|part| part.iter()) {
            state = (state ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
        let mut sum = [0; 32];
        for byte in &mut sum {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            *byte = state.to_be_bytes()[0];
        }
        sum
    }

    const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);

    fn by(who: &str) -> Presser<'_> {
        Presser { who, place: PlaceId::new([9; 16]) }
    }

    #[test]
    fn every_press_round_trips_in_64_bytes() {
        for press in [
            Press::Resume(SessionId::new([1; 16])),
            Press::Restore(CheckpointId::new([2; 16])),
            Press::DeleteCheckpoint(CheckpointId::new([3; 16])),
            Press::Undo(77),
            Press::History(SessionId::new([4; 16]), u32::MAX),
            Press::Sessions(SessionId::new([5; 16])),
            Press::Checkpoints(CheckpointId::new([6; 16])),
            Press::Search([7; 16]),
            Press::Show(i64::MAX),
        ] {
            let data = seal(press, by("console:ann"), NOW, 7, mac);
            assert!(data.len() <= 64, "{} bytes", data.len());
            assert_eq!(open(&data, by("console:ann"), NOW, mac), Some(press));
        }
    }

    #[test]
    fn somebody_else_elsewhere_or_too_late_presses_nothing() {
        let data = seal(Press::Undo(1), by("console:ann"), NOW, 7, mac);
        assert_eq!(open(&data, by("console:bob"), NOW, mac), None);
        let elsewhere = Presser { who: "console:ann", place: PlaceId::new([8; 16]) };
        assert_eq!(open(&data, elsewhere, NOW, mac), None);
        let late = NOW.plus(std::time::Duration::from_secs(u64::from(LIFETIME) + 1));
        assert_eq!(open(&data, by("console:ann"), late, mac), None);
    }

    #[test]
    fn no_changed_character_is_accepted() {
        let data = seal(Press::Restore(CheckpointId::new([2; 16])), by("a"), NOW, 7, mac);
        for at in 0..data.len() {
            let mut forged: Vec<char> = data.chars().collect();
            forged[at] = if forged[at] == 'A' { 'B' } else { 'A' };
            let forged: String = forged.into_iter().collect();
            assert_eq!(open(&forged, by("a"), NOW, mac), None, "character {at}");
        }
        for forged in ["", "!", "AAAA", "é"] {
            assert_eq!(open(forged, by("a"), NOW, mac), None);
        }
    }
}
