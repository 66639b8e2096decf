//! `src/model/codes.ts`: numbers and names that every room uses.

use tickring_core::error::Code;
use tickring_core::event::{GapReason, GapStream, Kind, State, flag};
use tickring_core::input::{DisconnectReason, TradingState, channel};
use tickring_core::venue::VenueId;
use tickring_shm::EpochReason;

use crate::emit::{File, quote};

/// The whole file.
pub fn file() -> String {
    let mut file = File::new("--model", "Codes, kinds, flags, states and venues, as `native/core` numbers them.");
    codes(&mut file);
    records(&mut file);
    inputs(&mut file);
    file.finish()
}

fn codes(file: &mut File) {
    let row = |code: &Code| {
        let (number, recovery) = (*code as u16, quote(code.recovery().name()));
        (code.name().to_owned(), format!("{{ number: {number}, recovery: {recovery}, meaning: {} }}", quote(code.meaning())))
    };
    file.object(
        "CODES",
        "Every error and reject code: its number in records, what to do next, and what it means.",
        Code::ALL.iter().map(row),
    )
    .key_type("CodeName", "CODES", "Name of an error or reject code, as in `error.code`.")
    .doc("What the caller of a failed operation should do next.")
    .line("export type Recovery = (typeof CODES)[CodeName]['recovery'];");
    names(
        file,
        "CODE_NAMES",
        "Name of a code by its number.",
        Code::ALL.iter().map(|code| (*code as u64, code.name().to_owned())),
    );
}

fn records(file: &mut File) {
    let kinds = Kind::ALL.iter().map(|kind| (*kind as u64, kind.name()));
    table(file, "KINDS", "KindName", "Record kinds", kinds);
    let flags = flag::NAMES.iter().map(|&(name, bit)| (u64::from(bit), name));
    table(file, "FLAGS", "FlagName", "Flag bits of a record", flags);
    let states = State::ALL.iter().map(|state| (*state as u64, state.name()));
    table(file, "STATES", "StateName", "States that a status record tells", states);
    let streams = [(GapStream::Book as u64, "book"), (GapStream::Trade as u64, "trade")];
    table(file, "GAP_STREAMS", "GapStreamName", "Venue numberings that a gap is about", streams);
    let reasons = [
        (GapReason::Sequence as u64, "sequence"),
        (GapReason::Disconnect as u64, "disconnect"),
        (GapReason::Rollback as u64, "rollback"),
        (GapReason::BufferFull as u64, "buffer_full"),
        (GapReason::Quarantined as u64, "quarantined"),
    ];
    table(file, "GAP_REASONS", "GapReasonName", "Why ids are missing", reasons);
    let epochs = EpochReason::ALL.iter().map(|reason| (*reason as u64, reason.name()));
    table(file, "EPOCH_REASONS", "EpochReasonName", "Why a writer epoch began", epochs);
}

fn inputs(file: &mut File) {
    let trading = [(TradingState::Trading as u64, "trading"), (TradingState::Halted as u64, "halted")];
    table(file, "TRADING_STATES", "TradingStateName", "Whether an instrument trades", trading);
    let reasons = [
        (DisconnectReason::Closed as u64, "closed"),
        (DisconnectReason::Error as u64, "error"),
        (DisconnectReason::Silence as u64, "silence"),
        (DisconnectReason::Local as u64, "local"),
        (DisconnectReason::Refused as u64, "refused"),
    ];
    table(file, "DISCONNECT_REASONS", "DisconnectReasonName", "Why a connection ended", reasons);
    let channels =
        [(u64::from(channel::BOOK), "book"), (u64::from(channel::TRADE), "trade"), (u64::from(channel::QUOTE), "quote")];
    table(file, "CHANNELS", "ChannelBitName", "Channels of a subscription, as bits", channels);
    let venues = VenueId::ALL.iter().map(|venue| (*venue as u64, venue.name()));
    table(file, "VENUES", "VenueName", "Venues by the name used in configuration, topics and paths", venues);
}

/// Numbers by name, the type of the names, and names by number.
fn table(file: &mut File, object: &str, type_name: &str, about: &str, rows: impl IntoIterator<Item = (u64, &'static str)>) {
    let rows: Vec<_> = rows.into_iter().collect();
    let key = |name: &str| if name.contains('-') || name.starts_with(char::is_numeric) { quote(name) } else { name.to_owned() };
    file.object(object, &format!("{about}."), rows.iter().map(|(number, name)| (key(name), number.to_string())));
    file.key_type(type_name, object, &format!("A name in `{object}`."));
    let names_of = format!("{}_NAMES", object.trim_end_matches('S'));
    names(
        file,
        &names_of,
        &format!("Name in `{object}` by number."),
        rows.iter().map(|&(number, name)| (number, name.to_owned())),
    );
}

fn names(file: &mut File, object: &str, doc: &str, rows: impl Iterator<Item = (u64, String)>) {
    file.object(object, doc, rows.map(|(number, name)| (number.to_string(), quote(&name))));
}
