//! `src/model/codes.ts`: numbers and names that every room uses.

use tickring_core::error::Code;
use tickring_core::event::{GapReason, GapStream, Kind, MarketState, Side, State, flag};
use tickring_core::input::{DisconnectReason, TradingState, channel};
use tickring_core::venue::VenueId;
use tickring_shm::EpochReason;

use crate::emit::{File, quote};

/// The whole file.
pub fn file() -> String {
    let mut file = File::new("--model", "Codes, kinds, flags, states and venues, as `native/core` numbers them.");
    codes(&mut file);
    record_tables().iter().for_each(|printed| table(&mut file, printed));
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

/// Numbers with names: one object in TypeScript, one enum in C.
pub struct Table {
    pub object: &'static str,
    pub type_name: &'static str,
    pub about: &'static str,
    pub rows: Vec<(u64, &'static str)>,
}

/// What records carry.
pub fn record_tables() -> Vec<Table> {
    let kinds = Kind::ALL.iter().map(|kind| (*kind as u64, kind.name())).collect();
    let flags = flag::NAMES.iter().map(|&(name, bit)| (u64::from(bit), name)).collect();
    let states = State::ALL.iter().map(|state| (*state as u64, state.name())).collect();
    let streams = vec![(GapStream::Book as u64, "book"), (GapStream::Trade as u64, "trade")];
    let reasons = vec![
        (GapReason::Sequence as u64, "sequence"),
        (GapReason::Disconnect as u64, "disconnect"),
        (GapReason::Rollback as u64, "rollback"),
        (GapReason::BufferFull as u64, "buffer_full"),
        (GapReason::Quarantined as u64, "quarantined"),
    ];
    let sides = Side::ALL.iter().map(|side| (*side as u64, side.name())).collect();
    let markets = MarketState::ALL.iter().map(|state| (*state as u64, state.name())).collect();
    let epochs = EpochReason::ALL.iter().map(|reason| (*reason as u64, reason.name())).collect();
    vec![
        Table { object: "KINDS", type_name: "KindName", about: "Record kinds", rows: kinds },
        Table { object: "FLAGS", type_name: "FlagName", about: "Flag bits of a record", rows: flags },
        Table { object: "STATES", type_name: "StateName", about: "States that a status record tells", rows: states },
        Table {
            object: "GAP_STREAMS",
            type_name: "GapStreamName",
            about: "Venue numberings that a gap is about",
            rows: streams,
        },
        Table { object: "GAP_REASONS", type_name: "GapReasonName", about: "Why ids are missing", rows: reasons },
        Table { object: "EPOCH_REASONS", type_name: "EpochReasonName", about: "Why a writer epoch began", rows: epochs },
        Table { object: "SIDES", type_name: "SideName", about: "Sides of a liquidation's order", rows: sides },
        Table { object: "MARKET_STATES", type_name: "MarketStateName", about: "What may be done in a market", rows: markets },
    ]
}

/// Whether an instrument trades.
pub fn trading_states() -> Table {
    let states = [TradingState::Trading, TradingState::Halted, TradingState::Delisted];
    let rows = states.into_iter().map(|state| (state as u64, state.name())).collect();
    Table { object: "TRADING_STATES", type_name: "TradingStateName", about: "Whether an instrument trades", rows }
}

/// Every venue.
pub fn venues() -> Table {
    let rows = VenueId::every().map(|venue| (venue as u64, venue.name())).collect();
    let about = "Venues by the name used in configuration, topics and paths";
    Table { object: "VENUES", type_name: "VenueName", about, rows }
}

fn inputs(file: &mut File) {
    let reasons = vec![
        (DisconnectReason::Closed as u64, "closed"),
        (DisconnectReason::Error as u64, "error"),
        (DisconnectReason::Silence as u64, "silence"),
        (DisconnectReason::Local as u64, "local"),
        (DisconnectReason::Refused as u64, "refused"),
    ];
    let channels = channel::NAMES.iter().map(|&(name, bit)| (u64::from(bit), name)).collect();
    let tables = [
        trading_states(),
        Table {
            object: "DISCONNECT_REASONS",
            type_name: "DisconnectReasonName",
            about: "Why a connection ended",
            rows: reasons,
        },
        Table { object: "CHANNELS", type_name: "ChannelBitName", about: "Channels of a subscription, as bits", rows: channels },
        venues(),
    ];
    tables.iter().for_each(|printed| table(file, printed));
}

/// Numbers by name, the type of the names, and names by number.
fn table(file: &mut File, table: &Table) {
    let Table { object, type_name, about, rows } = table;
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
