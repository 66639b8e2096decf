//! The one table of error and reject codes of the product. Codes cross N-API as `error.code` and are printed to
//! TypeScript by `npm run codegen`; a name, once published, is never reused for another meaning.

/// What the caller of a failed operation should do next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recovery {
    /// The same call may succeed later.
    Retry,
    /// The book of the instrument must be rebuilt from a snapshot.
    Resync,
    /// The connection must be replaced.
    Reconnect,
    /// Only a person or a restart can help.
    Fatal,
    /// The input was set aside with its bytes; go on with the next one.
    Quarantine,
    /// Nothing failed: the event is there, and its reader decides what it is worth.
    Judge,
}

impl Recovery {
    /// The name printed to other languages.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Retry => "retry",
            Self::Resync => "resync",
            Self::Reconnect => "reconnect",
            Self::Fatal => "fatal",
            Self::Quarantine => "quarantine",
            Self::Judge => "judge",
        }
    }
}

macro_rules! codes {
    ($($(#[doc = $doc:literal])+ $variant:ident = $number:literal, $name:literal, $recovery:ident;)+) => {
        /// A code of the table below. The number is what ring records carry; the name is what people and `error.code` see.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[repr(u16)]
        pub enum Code { $($(#[doc = $doc])+ $variant = $number,)+ }

        impl Code {
            /// Every code, in the order of the table.
            pub const ALL: &[Self] = &[$(Self::$variant,)+];

            /// The stable name, as in `error.code`.
            #[must_use]
            pub const fn name(self) -> &'static str { match self { $(Self::$variant => $name,)+ } }

            /// What the caller should do next.
            #[must_use]
            pub const fn recovery(self) -> Recovery { match self { $(Self::$variant => Recovery::$recovery,)+ } }

            /// One sentence on what the code means.
            #[must_use]
            pub const fn meaning(self) -> &'static str { match self { $(Self::$variant => concat!($($doc),+).trim_ascii(),)+ } }

            /// The code with this number, if there is one.
            #[must_use]
            pub const fn from_number(number: u16) -> Option<Self> {
                match number { $($number => Some(Self::$variant),)+ _ => None }
            }
        }
    };
}

codes! {
    // Frames and REST bodies set aside by the core.
    /// The frame is longer than the limit.
    FrameTooLarge = 1, "FRAME_TOO_LARGE", Quarantine;
    /// The frame holds bytes that are not UTF-8.
    FrameNotUtf8 = 2, "FRAME_NOT_UTF8", Quarantine;
    /// The frame is not one complete JSON value, nor as long as its binary header says.
    FrameNotJson = 3, "FRAME_NOT_JSON", Quarantine;
    /// Values are nested deeper than the limit.
    FrameTooDeep = 4, "FRAME_TOO_DEEP", Quarantine;
    /// A member that the message needs is absent.
    FieldMissing = 5, "FIELD_MISSING", Quarantine;
    /// A member has another JSON type than the message allows, or stands there twice.
    FieldType = 6, "FIELD_TYPE", Quarantine;
    /// Text that should be a plain decimal number is none.
    NumberSyntax = 7, "NUMBER_SYNTAX", Quarantine;
    /// A price or quantity is negative, or a price is zero.
    NumberNegative = 8, "NUMBER_NEGATIVE", Quarantine;
    /// A number has more than 18 decimals.
    NumberPrecision = 9, "NUMBER_PRECISION", Quarantine;
    /// A number does not fit a 64-bit mantissa, or a 64-bit id.
    NumberRange = 10, "NUMBER_RANGE", Quarantine;
    /// The message is of a type that the venue's manifest does not know.
    UnknownEvent = 11, "UNKNOWN_EVENT", Quarantine;
    /// The message is about a symbol that is not subscribed, or not the one that was asked for.
    UnknownSymbol = 12, "UNKNOWN_SYMBOL", Quarantine;
    /// The update ids of one message contradict each other.
    UpdateIdOrder = 13, "UPDATE_ID_ORDER", Quarantine;
    /// More price levels than the limit stand in one message.
    LevelsTooMany = 14, "LEVELS_TOO_MANY", Quarantine;
    /// The frame arrived on a connection that was never announced.
    UnknownConnection = 15, "UNKNOWN_CONNECTION", Quarantine;
    /// The book after a message is not the one that the venue's checksum tells of.
    ChecksumMismatch = 16, "CHECKSUM_MISMATCH", Resync;
    /// A channel was silent for longer than the limit learned of it, while its connection spoke.
    ChannelSilent = 17, "CHANNEL_SILENT", Resync;
    /// A book differs from the copy that the venue gave of it, twice at the same price.
    BookDiffers = 18, "BOOK_DIFFERS", Resync;
    /// The venue's listing says that the instrument does not trade: its book is cleared until it is heard of again.
    SymbolHalted = 19, "SYMBOL_HALTED", Judge;

    // Events that were published and are doubted.
    /// A price is outside the bounds that are configured for its instrument.
    SuspectPriceRange = 20, "SUSPECT_PRICE_RANGE", Judge;
    /// The price of a trade is far from the median of the trades before it.
    SuspectOutlier = 21, "SUSPECT_OUTLIER", Judge;
    /// A trade is many times larger than the largest of those before it.
    SuspectVolume = 22, "SUSPECT_VOLUME", Judge;
    /// A venue's time goes back, or leaps ahead.
    SuspectTime = 23, "SUSPECT_TIME", Judge;
    /// Best bid and ask are further apart than the limit.
    SuspectSpread = 24, "SUSPECT_SPREAD", Judge;
    /// More of the venue's ids were missing in a minute than the limit allows.
    SuspectCompleteness = 25, "SUSPECT_COMPLETENESS", Judge;
    /// A venue's middle price is far from that of the others in a view.
    SuspectDeviation = 26, "SUSPECT_DEVIATION", Judge;
    /// A source was not heard of within a view's tolerance, and is left out.
    ViewUnsynchronized = 27, "VIEW_UNSYNCHRONIZED", Judge;
    /// A source of a view has no proven book, and is left out.
    ViewSourceStale = 28, "VIEW_SOURCE_STALE", Judge;
    /// The best prices of a source of a view cross, and it is left out.
    ViewSourceCrossed = 29, "VIEW_SOURCE_CROSSED", Judge;

    // Inputs that contradict the state machine's state.
    /// The instrument definition is unusable.
    InstrumentInvalid = 30, "INSTRUMENT_INVALID", Fatal;
    /// The instrument id is not known to this shard.
    InstrumentUnknown = 31, "INSTRUMENT_UNKNOWN", Fatal;
    /// The shard holds as many instruments as it was made for.
    InstrumentTableFull = 32, "INSTRUMENT_TABLE_FULL", Fatal;
    /// The venue is not one of the registry.
    VenueUnknown = 33, "VENUE_UNKNOWN", Fatal;
    /// An argument is outside its documented range.
    ArgumentRange = 34, "ARGUMENT_RANGE", Fatal;

    // Why a view follows another source than before.
    /// The source that a view followed is unfit, and another one takes its place.
    ViewSourceLost = 40, "VIEW_SOURCE_LOST", Judge;
    /// A view follows the source that is preferred to the one before, or the first one that is fit.
    ViewSourcePreferred = 41, "VIEW_SOURCE_PREFERRED", Judge;

    // Shared memory.
    /// Another engine holds this name.
    ShmHeld = 50, "SHM_HELD", Fatal;
    /// The segment could not be created, opened or mapped.
    ShmIo = 51, "SHM_IO", Retry;
    /// There is not enough room for the segment.
    ShmNoSpace = 52, "SHM_NO_SPACE", Fatal;
    /// The segment speaks another major version of the layout, or needs a feature that this reader lacks.
    ShmVersion = 53, "SHM_VERSION", Fatal;
    /// The segment's header is damaged, or the file is no segment.
    ShmCorrupt = 54, "SHM_CORRUPT", Fatal;
    /// The segment belongs to another user, or others may write it.
    ShmPermission = 55, "SHM_PERMISSION", Fatal;
    /// No engine has published under this name.
    ShmNotFound = 56, "SHM_NOT_FOUND", Retry;
    /// A path or name given for shared memory is unusable.
    ShmName = 57, "SHM_NAME", Fatal;

    // The addon.
    /// The shard caught a panic and must be rebuilt.
    ShardPoisoned = 70, "SHARD_POISONED", Fatal;
    /// The object was closed before this call.
    Closed = 71, "CLOSED", Fatal;

    // Configuration, engine, gateway and command line.
    /// The configuration is unusable; the message names the line and the key.
    ConfigInvalid = 90, "CONFIG_INVALID", Fatal;
    /// A command-line argument is unusable.
    UsageInvalid = 91, "USAGE_INVALID", Fatal;
    /// No engine answers on the control socket.
    EngineAway = 92, "ENGINE_AWAY", Retry;
    /// The engine refused the request.
    EngineRefused = 93, "ENGINE_REFUSED", Fatal;
    /// A control message is malformed or of another version.
    ControlProtocol = 94, "CONTROL_PROTOCOL", Fatal;
    /// The venue's REST interface refused or failed.
    VenueRest = 95, "VENUE_REST", Retry;
    /// The venue does not list this symbol.
    SymbolUnlisted = 96, "SYMBOL_UNLISTED", Fatal;
    /// A recording cannot be read.
    RecordingInvalid = 97, "RECORDING_INVALID", Fatal;
    /// A registry or state file on disk is damaged.
    StateInvalid = 98, "STATE_INVALID", Fatal;

    // The journal.
    /// The disk refused a read, a write or a sync of the journal.
    JournalIo = 110, "JOURNAL_IO", Retry;
    /// Another writer holds this journal.
    JournalHeld = 111, "JOURNAL_HELD", Fatal;
    /// There is no room for another segment of the journal.
    JournalNoSpace = 112, "JOURNAL_NO_SPACE", Retry;
    /// A segment is of another version of the format.
    JournalVersion = 113, "JOURNAL_VERSION", Fatal;
    /// Bytes of the journal that were durable are damaged or missing.
    JournalDamaged = 114, "JOURNAL_DAMAGED", Fatal;
    /// A record of the journal holds a payload that is none of its kind.
    JournalRecord = 115, "JOURNAL_RECORD", Fatal;
}
