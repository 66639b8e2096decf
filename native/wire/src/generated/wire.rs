// @generated Printed by scripts/codegen-wire.mjs from src/model/wire.fbs; do not edit.

extern crate alloc;

#[allow(unused_imports, dead_code)]
pub mod tickring {

extern crate alloc;
#[allow(unused_imports, dead_code)]
pub mod wire {

extern crate alloc;

#[deprecated(since = "2.0.0", note = "Use associated constants instead. This will no longer be generated in 2021.")]
#[allow(non_camel_case_types)]
pub const ENUM_VALUES_STATE: [State; 13] = [
  State::Unknown,
  State::Connected,
  State::Disconnected,
  State::Resync,
  State::Live,
  State::Stale,
  State::Crossed,
  State::Quarantined,
  State::Subscribed,
  State::SubscribeFailed,
  State::Removed,
  State::Silent,
  State::Suspect,
];

/// State of a subscription or book.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
#[repr(transparent)]
pub struct State(pub u8);
#[allow(non_upper_case_globals)]
impl State {
  pub const Unknown: Self = Self(0);
  pub const Connected: Self = Self(1);
  pub const Disconnected: Self = Self(2);
  pub const Resync: Self = Self(3);
  pub const Live: Self = Self(4);
  pub const Stale: Self = Self(5);
  pub const Crossed: Self = Self(6);
  pub const Quarantined: Self = Self(7);
  pub const Subscribed: Self = Self(8);
  pub const SubscribeFailed: Self = Self(9);
  pub const Removed: Self = Self(10);
  pub const Silent: Self = Self(11);
  pub const Suspect: Self = Self(12);

  pub const ENUM_MIN: u8 = 0;
  pub const ENUM_MAX: u8 = 12;
  pub const ENUM_VALUES: &'static [Self] = &[
    Self::Unknown,
    Self::Connected,
    Self::Disconnected,
    Self::Resync,
    Self::Live,
    Self::Stale,
    Self::Crossed,
    Self::Quarantined,
    Self::Subscribed,
    Self::SubscribeFailed,
    Self::Removed,
    Self::Silent,
    Self::Suspect,
  ];
  /// Returns the variant's name or "" if unknown.
  pub fn variant_name(self) -> Option<&'static str> {
    match self {
      Self::Unknown => Some("Unknown"),
      Self::Connected => Some("Connected"),
      Self::Disconnected => Some("Disconnected"),
      Self::Resync => Some("Resync"),
      Self::Live => Some("Live"),
      Self::Stale => Some("Stale"),
      Self::Crossed => Some("Crossed"),
      Self::Quarantined => Some("Quarantined"),
      Self::Subscribed => Some("Subscribed"),
      Self::SubscribeFailed => Some("SubscribeFailed"),
      Self::Removed => Some("Removed"),
      Self::Silent => Some("Silent"),
      Self::Suspect => Some("Suspect"),
      _ => None,
    }
  }
}
impl ::core::fmt::Debug for State {
  fn fmt(&self, f: &mut ::core::fmt::Formatter) -> ::core::fmt::Result {
    if let Some(name) = self.variant_name() {
      f.write_str(name)
    } else {
      f.write_fmt(format_args!("<UNKNOWN {:?}>", self.0))
    }
  }
}
impl<'a> ::flatbuffers::Follow<'a> for State {
  type Inner = Self;
  #[inline]
  unsafe fn follow(buf: &'a [u8], loc: usize) -> Self::Inner {
    let b = unsafe { ::flatbuffers::read_scalar_at::<u8>(buf, loc) };
    Self(b)
  }
}

impl ::flatbuffers::Push for State {
    type Output = State;
    #[inline]
    unsafe fn push(&self, dst: &mut [u8], _written_len: usize) {
        unsafe { ::flatbuffers::emplace_scalar::<u8>(dst, self.0) };
    }
}

impl ::flatbuffers::EndianScalar for State {
  type Scalar = u8;
  #[inline]
  fn to_little_endian(self) -> u8 {
    self.0.to_le()
  }
  #[inline]
  #[allow(clippy::wrong_self_convention)]
  fn from_little_endian(v: u8) -> Self {
    let b = u8::from_le(v);
    Self(b)
  }
}

impl<'a> ::flatbuffers::Verifiable for State {
  #[inline]
  fn run_verifier(
    v: &mut ::flatbuffers::Verifier, pos: usize
  ) -> Result<(), ::flatbuffers::InvalidFlatbuffer> {
    u8::run_verifier(v, pos)
  }
}

impl ::flatbuffers::SimpleToVerifyInSlice for State {}
#[deprecated(since = "2.0.0", note = "Use associated constants instead. This will no longer be generated in 2021.")]
#[allow(non_camel_case_types)]
pub const ENUM_VALUES_GAP_STREAM: [GapStream; 3] = [
  GapStream::Unknown,
  GapStream::Book,
  GapStream::Trade,
];

/// Which of the venue's numberings a gap is about.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
#[repr(transparent)]
pub struct GapStream(pub u8);
#[allow(non_upper_case_globals)]
impl GapStream {
  pub const Unknown: Self = Self(0);
  pub const Book: Self = Self(1);
  pub const Trade: Self = Self(2);

  pub const ENUM_MIN: u8 = 0;
  pub const ENUM_MAX: u8 = 2;
  pub const ENUM_VALUES: &'static [Self] = &[
    Self::Unknown,
    Self::Book,
    Self::Trade,
  ];
  /// Returns the variant's name or "" if unknown.
  pub fn variant_name(self) -> Option<&'static str> {
    match self {
      Self::Unknown => Some("Unknown"),
      Self::Book => Some("Book"),
      Self::Trade => Some("Trade"),
      _ => None,
    }
  }
}
impl ::core::fmt::Debug for GapStream {
  fn fmt(&self, f: &mut ::core::fmt::Formatter) -> ::core::fmt::Result {
    if let Some(name) = self.variant_name() {
      f.write_str(name)
    } else {
      f.write_fmt(format_args!("<UNKNOWN {:?}>", self.0))
    }
  }
}
impl<'a> ::flatbuffers::Follow<'a> for GapStream {
  type Inner = Self;
  #[inline]
  unsafe fn follow(buf: &'a [u8], loc: usize) -> Self::Inner {
    let b = unsafe { ::flatbuffers::read_scalar_at::<u8>(buf, loc) };
    Self(b)
  }
}

impl ::flatbuffers::Push for GapStream {
    type Output = GapStream;
    #[inline]
    unsafe fn push(&self, dst: &mut [u8], _written_len: usize) {
        unsafe { ::flatbuffers::emplace_scalar::<u8>(dst, self.0) };
    }
}

impl ::flatbuffers::EndianScalar for GapStream {
  type Scalar = u8;
  #[inline]
  fn to_little_endian(self) -> u8 {
    self.0.to_le()
  }
  #[inline]
  #[allow(clippy::wrong_self_convention)]
  fn from_little_endian(v: u8) -> Self {
    let b = u8::from_le(v);
    Self(b)
  }
}

impl<'a> ::flatbuffers::Verifiable for GapStream {
  #[inline]
  fn run_verifier(
    v: &mut ::flatbuffers::Verifier, pos: usize
  ) -> Result<(), ::flatbuffers::InvalidFlatbuffer> {
    u8::run_verifier(v, pos)
  }
}

impl ::flatbuffers::SimpleToVerifyInSlice for GapStream {}
#[deprecated(since = "2.0.0", note = "Use associated constants instead. This will no longer be generated in 2021.")]
#[allow(non_camel_case_types)]
pub const ENUM_VALUES_GAP_REASON: [GapReason; 6] = [
  GapReason::Unknown,
  GapReason::Sequence,
  GapReason::Disconnect,
  GapReason::Rollback,
  GapReason::BufferFull,
  GapReason::Quarantined,
];

/// Why the venue's ids are missing.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
#[repr(transparent)]
pub struct GapReason(pub u8);
#[allow(non_upper_case_globals)]
impl GapReason {
  pub const Unknown: Self = Self(0);
  pub const Sequence: Self = Self(1);
  pub const Disconnect: Self = Self(2);
  pub const Rollback: Self = Self(3);
  pub const BufferFull: Self = Self(4);
  pub const Quarantined: Self = Self(5);

  pub const ENUM_MIN: u8 = 0;
  pub const ENUM_MAX: u8 = 5;
  pub const ENUM_VALUES: &'static [Self] = &[
    Self::Unknown,
    Self::Sequence,
    Self::Disconnect,
    Self::Rollback,
    Self::BufferFull,
    Self::Quarantined,
  ];
  /// Returns the variant's name or "" if unknown.
  pub fn variant_name(self) -> Option<&'static str> {
    match self {
      Self::Unknown => Some("Unknown"),
      Self::Sequence => Some("Sequence"),
      Self::Disconnect => Some("Disconnect"),
      Self::Rollback => Some("Rollback"),
      Self::BufferFull => Some("BufferFull"),
      Self::Quarantined => Some("Quarantined"),
      _ => None,
    }
  }
}
impl ::core::fmt::Debug for GapReason {
  fn fmt(&self, f: &mut ::core::fmt::Formatter) -> ::core::fmt::Result {
    if let Some(name) = self.variant_name() {
      f.write_str(name)
    } else {
      f.write_fmt(format_args!("<UNKNOWN {:?}>", self.0))
    }
  }
}
impl<'a> ::flatbuffers::Follow<'a> for GapReason {
  type Inner = Self;
  #[inline]
  unsafe fn follow(buf: &'a [u8], loc: usize) -> Self::Inner {
    let b = unsafe { ::flatbuffers::read_scalar_at::<u8>(buf, loc) };
    Self(b)
  }
}

impl ::flatbuffers::Push for GapReason {
    type Output = GapReason;
    #[inline]
    unsafe fn push(&self, dst: &mut [u8], _written_len: usize) {
        unsafe { ::flatbuffers::emplace_scalar::<u8>(dst, self.0) };
    }
}

impl ::flatbuffers::EndianScalar for GapReason {
  type Scalar = u8;
  #[inline]
  fn to_little_endian(self) -> u8 {
    self.0.to_le()
  }
  #[inline]
  #[allow(clippy::wrong_self_convention)]
  fn from_little_endian(v: u8) -> Self {
    let b = u8::from_le(v);
    Self(b)
  }
}

impl<'a> ::flatbuffers::Verifiable for GapReason {
  #[inline]
  fn run_verifier(
    v: &mut ::flatbuffers::Verifier, pos: usize
  ) -> Result<(), ::flatbuffers::InvalidFlatbuffer> {
    u8::run_verifier(v, pos)
  }
}

impl ::flatbuffers::SimpleToVerifyInSlice for GapReason {}
#[deprecated(since = "2.0.0", note = "Use associated constants instead. This will no longer be generated in 2021.")]
#[allow(non_camel_case_types)]
pub const ENUM_VALUES_TRADING_STATE: [TradingState; 4] = [
  TradingState::Unknown,
  TradingState::Trading,
  TradingState::Halted,
  TradingState::Delisted,
];

/// Whether an instrument trades.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
#[repr(transparent)]
pub struct TradingState(pub u8);
#[allow(non_upper_case_globals)]
impl TradingState {
  pub const Unknown: Self = Self(0);
  pub const Trading: Self = Self(1);
  pub const Halted: Self = Self(2);
  pub const Delisted: Self = Self(3);

  pub const ENUM_MIN: u8 = 0;
  pub const ENUM_MAX: u8 = 3;
  pub const ENUM_VALUES: &'static [Self] = &[
    Self::Unknown,
    Self::Trading,
    Self::Halted,
    Self::Delisted,
  ];
  /// Returns the variant's name or "" if unknown.
  pub fn variant_name(self) -> Option<&'static str> {
    match self {
      Self::Unknown => Some("Unknown"),
      Self::Trading => Some("Trading"),
      Self::Halted => Some("Halted"),
      Self::Delisted => Some("Delisted"),
      _ => None,
    }
  }
}
impl ::core::fmt::Debug for TradingState {
  fn fmt(&self, f: &mut ::core::fmt::Formatter) -> ::core::fmt::Result {
    if let Some(name) = self.variant_name() {
      f.write_str(name)
    } else {
      f.write_fmt(format_args!("<UNKNOWN {:?}>", self.0))
    }
  }
}
impl<'a> ::flatbuffers::Follow<'a> for TradingState {
  type Inner = Self;
  #[inline]
  unsafe fn follow(buf: &'a [u8], loc: usize) -> Self::Inner {
    let b = unsafe { ::flatbuffers::read_scalar_at::<u8>(buf, loc) };
    Self(b)
  }
}

impl ::flatbuffers::Push for TradingState {
    type Output = TradingState;
    #[inline]
    unsafe fn push(&self, dst: &mut [u8], _written_len: usize) {
        unsafe { ::flatbuffers::emplace_scalar::<u8>(dst, self.0) };
    }
}

impl ::flatbuffers::EndianScalar for TradingState {
  type Scalar = u8;
  #[inline]
  fn to_little_endian(self) -> u8 {
    self.0.to_le()
  }
  #[inline]
  #[allow(clippy::wrong_self_convention)]
  fn from_little_endian(v: u8) -> Self {
    let b = u8::from_le(v);
    Self(b)
  }
}

impl<'a> ::flatbuffers::Verifiable for TradingState {
  #[inline]
  fn run_verifier(
    v: &mut ::flatbuffers::Verifier, pos: usize
  ) -> Result<(), ::flatbuffers::InvalidFlatbuffer> {
    u8::run_verifier(v, pos)
  }
}

impl ::flatbuffers::SimpleToVerifyInSlice for TradingState {}
#[deprecated(since = "2.0.0", note = "Use associated constants instead. This will no longer be generated in 2021.")]
#[allow(non_camel_case_types)]
pub const ENUM_VALUES_AGGRESSOR: [Aggressor; 3] = [
  Aggressor::Unknown,
  Aggressor::Buy,
  Aggressor::Sell,
];

/// The taker's side of a trade.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
#[repr(transparent)]
pub struct Aggressor(pub u8);
#[allow(non_upper_case_globals)]
impl Aggressor {
  pub const Unknown: Self = Self(0);
  pub const Buy: Self = Self(1);
  pub const Sell: Self = Self(2);

  pub const ENUM_MIN: u8 = 0;
  pub const ENUM_MAX: u8 = 2;
  pub const ENUM_VALUES: &'static [Self] = &[
    Self::Unknown,
    Self::Buy,
    Self::Sell,
  ];
  /// Returns the variant's name or "" if unknown.
  pub fn variant_name(self) -> Option<&'static str> {
    match self {
      Self::Unknown => Some("Unknown"),
      Self::Buy => Some("Buy"),
      Self::Sell => Some("Sell"),
      _ => None,
    }
  }
}
impl ::core::fmt::Debug for Aggressor {
  fn fmt(&self, f: &mut ::core::fmt::Formatter) -> ::core::fmt::Result {
    if let Some(name) = self.variant_name() {
      f.write_str(name)
    } else {
      f.write_fmt(format_args!("<UNKNOWN {:?}>", self.0))
    }
  }
}
impl<'a> ::flatbuffers::Follow<'a> for Aggressor {
  type Inner = Self;
  #[inline]
  unsafe fn follow(buf: &'a [u8], loc: usize) -> Self::Inner {
    let b = unsafe { ::flatbuffers::read_scalar_at::<u8>(buf, loc) };
    Self(b)
  }
}

impl ::flatbuffers::Push for Aggressor {
    type Output = Aggressor;
    #[inline]
    unsafe fn push(&self, dst: &mut [u8], _written_len: usize) {
        unsafe { ::flatbuffers::emplace_scalar::<u8>(dst, self.0) };
    }
}

impl ::flatbuffers::EndianScalar for Aggressor {
  type Scalar = u8;
  #[inline]
  fn to_little_endian(self) -> u8 {
    self.0.to_le()
  }
  #[inline]
  #[allow(clippy::wrong_self_convention)]
  fn from_little_endian(v: u8) -> Self {
    let b = u8::from_le(v);
    Self(b)
  }
}

impl<'a> ::flatbuffers::Verifiable for Aggressor {
  #[inline]
  fn run_verifier(
    v: &mut ::flatbuffers::Verifier, pos: usize
  ) -> Result<(), ::flatbuffers::InvalidFlatbuffer> {
    u8::run_verifier(v, pos)
  }
}

impl ::flatbuffers::SimpleToVerifyInSlice for Aggressor {}
#[deprecated(since = "2.0.0", note = "Use associated constants instead. This will no longer be generated in 2021.")]
#[allow(non_camel_case_types)]
pub const ENUM_VALUES_SKIP_REASON: [SkipReason; 7] = [
  SkipReason::Unknown,
  SkipReason::SlowClient,
  SkipReason::Lapped,
  SkipReason::Restarted,
  SkipReason::OutOfSync,
  SkipReason::TooLarge,
  SkipReason::Resume,
];

/// Why messages or records were passed over.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
#[repr(transparent)]
pub struct SkipReason(pub u8);
#[allow(non_upper_case_globals)]
impl SkipReason {
  pub const Unknown: Self = Self(0);
  /// The client read too slowly; `from..to` are `seq` numbers of the topic.
  pub const SlowClient: Self = Self(1);
  /// The gateway was lapped by the ring; `from..to` are record sequences of the shard.
  pub const Lapped: Self = Self(2);
  /// The engine restarted; `from..to` are record sequences of the old epoch, as far as they can be known.
  pub const Restarted: Self = Self(3);
  /// A delta did not follow the book; `from..to` are the venue's update ids on either side.
  pub const OutOfSync: Self = Self(4);
  /// The message did not fit the gateway's buffer; `from..to` is its own `seq`.
  pub const TooLarge: Self = Self(5);
  /// What a resume token asked for is not kept any more; `from..to` are `seq` numbers, all 0 where nobody can know them.
  pub const Resume: Self = Self(6);

  pub const ENUM_MIN: u8 = 0;
  pub const ENUM_MAX: u8 = 6;
  pub const ENUM_VALUES: &'static [Self] = &[
    Self::Unknown,
    Self::SlowClient,
    Self::Lapped,
    Self::Restarted,
    Self::OutOfSync,
    Self::TooLarge,
    Self::Resume,
  ];
  /// Returns the variant's name or "" if unknown.
  pub fn variant_name(self) -> Option<&'static str> {
    match self {
      Self::Unknown => Some("Unknown"),
      Self::SlowClient => Some("SlowClient"),
      Self::Lapped => Some("Lapped"),
      Self::Restarted => Some("Restarted"),
      Self::OutOfSync => Some("OutOfSync"),
      Self::TooLarge => Some("TooLarge"),
      Self::Resume => Some("Resume"),
      _ => None,
    }
  }
}
impl ::core::fmt::Debug for SkipReason {
  fn fmt(&self, f: &mut ::core::fmt::Formatter) -> ::core::fmt::Result {
    if let Some(name) = self.variant_name() {
      f.write_str(name)
    } else {
      f.write_fmt(format_args!("<UNKNOWN {:?}>", self.0))
    }
  }
}
impl<'a> ::flatbuffers::Follow<'a> for SkipReason {
  type Inner = Self;
  #[inline]
  unsafe fn follow(buf: &'a [u8], loc: usize) -> Self::Inner {
    let b = unsafe { ::flatbuffers::read_scalar_at::<u8>(buf, loc) };
    Self(b)
  }
}

impl ::flatbuffers::Push for SkipReason {
    type Output = SkipReason;
    #[inline]
    unsafe fn push(&self, dst: &mut [u8], _written_len: usize) {
        unsafe { ::flatbuffers::emplace_scalar::<u8>(dst, self.0) };
    }
}

impl ::flatbuffers::EndianScalar for SkipReason {
  type Scalar = u8;
  #[inline]
  fn to_little_endian(self) -> u8 {
    self.0.to_le()
  }
  #[inline]
  #[allow(clippy::wrong_self_convention)]
  fn from_little_endian(v: u8) -> Self {
    let b = u8::from_le(v);
    Self(b)
  }
}

impl<'a> ::flatbuffers::Verifiable for SkipReason {
  #[inline]
  fn run_verifier(
    v: &mut ::flatbuffers::Verifier, pos: usize
  ) -> Result<(), ::flatbuffers::InvalidFlatbuffer> {
    u8::run_verifier(v, pos)
  }
}

impl ::flatbuffers::SimpleToVerifyInSlice for SkipReason {}
#[deprecated(since = "2.0.0", note = "Use associated constants instead. This will no longer be generated in 2021.")]
#[allow(non_camel_case_types)]
pub const ENUM_VALUES_SIDE: [Side; 3] = [
  Side::Unknown,
  Side::Buy,
  Side::Sell,
];

/// Side of a liquidation's order.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
#[repr(transparent)]
pub struct Side(pub u8);
#[allow(non_upper_case_globals)]
impl Side {
  pub const Unknown: Self = Self(0);
  pub const Buy: Self = Self(1);
  pub const Sell: Self = Self(2);

  pub const ENUM_MIN: u8 = 0;
  pub const ENUM_MAX: u8 = 2;
  pub const ENUM_VALUES: &'static [Self] = &[
    Self::Unknown,
    Self::Buy,
    Self::Sell,
  ];
  /// Returns the variant's name or "" if unknown.
  pub fn variant_name(self) -> Option<&'static str> {
    match self {
      Self::Unknown => Some("Unknown"),
      Self::Buy => Some("Buy"),
      Self::Sell => Some("Sell"),
      _ => None,
    }
  }
}
impl ::core::fmt::Debug for Side {
  fn fmt(&self, f: &mut ::core::fmt::Formatter) -> ::core::fmt::Result {
    if let Some(name) = self.variant_name() {
      f.write_str(name)
    } else {
      f.write_fmt(format_args!("<UNKNOWN {:?}>", self.0))
    }
  }
}
impl<'a> ::flatbuffers::Follow<'a> for Side {
  type Inner = Self;
  #[inline]
  unsafe fn follow(buf: &'a [u8], loc: usize) -> Self::Inner {
    let b = unsafe { ::flatbuffers::read_scalar_at::<u8>(buf, loc) };
    Self(b)
  }
}

impl ::flatbuffers::Push for Side {
    type Output = Side;
    #[inline]
    unsafe fn push(&self, dst: &mut [u8], _written_len: usize) {
        unsafe { ::flatbuffers::emplace_scalar::<u8>(dst, self.0) };
    }
}

impl ::flatbuffers::EndianScalar for Side {
  type Scalar = u8;
  #[inline]
  fn to_little_endian(self) -> u8 {
    self.0.to_le()
  }
  #[inline]
  #[allow(clippy::wrong_self_convention)]
  fn from_little_endian(v: u8) -> Self {
    let b = u8::from_le(v);
    Self(b)
  }
}

impl<'a> ::flatbuffers::Verifiable for Side {
  #[inline]
  fn run_verifier(
    v: &mut ::flatbuffers::Verifier, pos: usize
  ) -> Result<(), ::flatbuffers::InvalidFlatbuffer> {
    u8::run_verifier(v, pos)
  }
}

impl ::flatbuffers::SimpleToVerifyInSlice for Side {}
#[deprecated(since = "2.0.0", note = "Use associated constants instead. This will no longer be generated in 2021.")]
#[allow(non_camel_case_types)]
pub const ENUM_VALUES_MARKET_STATE: [MarketState; 14] = [
  MarketState::Unknown,
  MarketState::Trading,
  MarketState::Halt,
  MarketState::Auction,
  MarketState::PreOpen,
  MarketState::PostOnly,
  MarketState::LimitOnly,
  MarketState::CancelOnly,
  MarketState::ReduceOnly,
  MarketState::Maintenance,
  MarketState::Settling,
  MarketState::Closed,
  MarketState::Delisted,
  MarketState::Other,
];

/// What may be done in a market.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
#[repr(transparent)]
pub struct MarketState(pub u8);
#[allow(non_upper_case_globals)]
impl MarketState {
  pub const Unknown: Self = Self(0);
  pub const Trading: Self = Self(1);
  pub const Halt: Self = Self(2);
  pub const Auction: Self = Self(3);
  pub const PreOpen: Self = Self(4);
  pub const PostOnly: Self = Self(5);
  pub const LimitOnly: Self = Self(6);
  pub const CancelOnly: Self = Self(7);
  pub const ReduceOnly: Self = Self(8);
  pub const Maintenance: Self = Self(9);
  pub const Settling: Self = Self(10);
  pub const Closed: Self = Self(11);
  pub const Delisted: Self = Self(12);
  /// A word that the venue invented later.
  pub const Other: Self = Self(13);

  pub const ENUM_MIN: u8 = 0;
  pub const ENUM_MAX: u8 = 13;
  pub const ENUM_VALUES: &'static [Self] = &[
    Self::Unknown,
    Self::Trading,
    Self::Halt,
    Self::Auction,
    Self::PreOpen,
    Self::PostOnly,
    Self::LimitOnly,
    Self::CancelOnly,
    Self::ReduceOnly,
    Self::Maintenance,
    Self::Settling,
    Self::Closed,
    Self::Delisted,
    Self::Other,
  ];
  /// Returns the variant's name or "" if unknown.
  pub fn variant_name(self) -> Option<&'static str> {
    match self {
      Self::Unknown => Some("Unknown"),
      Self::Trading => Some("Trading"),
      Self::Halt => Some("Halt"),
      Self::Auction => Some("Auction"),
      Self::PreOpen => Some("PreOpen"),
      Self::PostOnly => Some("PostOnly"),
      Self::LimitOnly => Some("LimitOnly"),
      Self::CancelOnly => Some("CancelOnly"),
      Self::ReduceOnly => Some("ReduceOnly"),
      Self::Maintenance => Some("Maintenance"),
      Self::Settling => Some("Settling"),
      Self::Closed => Some("Closed"),
      Self::Delisted => Some("Delisted"),
      Self::Other => Some("Other"),
      _ => None,
    }
  }
}
impl ::core::fmt::Debug for MarketState {
  fn fmt(&self, f: &mut ::core::fmt::Formatter) -> ::core::fmt::Result {
    if let Some(name) = self.variant_name() {
      f.write_str(name)
    } else {
      f.write_fmt(format_args!("<UNKNOWN {:?}>", self.0))
    }
  }
}
impl<'a> ::flatbuffers::Follow<'a> for MarketState {
  type Inner = Self;
  #[inline]
  unsafe fn follow(buf: &'a [u8], loc: usize) -> Self::Inner {
    let b = unsafe { ::flatbuffers::read_scalar_at::<u8>(buf, loc) };
    Self(b)
  }
}

impl ::flatbuffers::Push for MarketState {
    type Output = MarketState;
    #[inline]
    unsafe fn push(&self, dst: &mut [u8], _written_len: usize) {
        unsafe { ::flatbuffers::emplace_scalar::<u8>(dst, self.0) };
    }
}

impl ::flatbuffers::EndianScalar for MarketState {
  type Scalar = u8;
  #[inline]
  fn to_little_endian(self) -> u8 {
    self.0.to_le()
  }
  #[inline]
  #[allow(clippy::wrong_self_convention)]
  fn from_little_endian(v: u8) -> Self {
    let b = u8::from_le(v);
    Self(b)
  }
}

impl<'a> ::flatbuffers::Verifiable for MarketState {
  #[inline]
  fn run_verifier(
    v: &mut ::flatbuffers::Verifier, pos: usize
  ) -> Result<(), ::flatbuffers::InvalidFlatbuffer> {
    u8::run_verifier(v, pos)
  }
}

impl ::flatbuffers::SimpleToVerifyInSlice for MarketState {}
#[deprecated(since = "2.0.0", note = "Use associated constants instead. This will no longer be generated in 2021.")]
#[allow(non_camel_case_types)]
pub const ENUM_VALUES_BODY: [Body; 18] = [
  Body::NONE,
  Body::BookSnapshot,
  Body::BookDelta,
  Body::Trade,
  Body::Quote,
  Body::Status,
  Body::Gap,
  Body::Stats24h,
  Body::Instrument,
  Body::Skipped,
  Body::Bar,
  Body::MarkPrice,
  Body::IndexPrice,
  Body::Funding,
  Body::OpenInterest,
  Body::Liquidation,
  Body::TradingStatus,
  Body::Kline,
];

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
#[repr(transparent)]
pub struct Body(pub u8);
#[allow(non_upper_case_globals)]
impl Body {
  pub const NONE: Self = Self(0);
  pub const BookSnapshot: Self = Self(1);
  pub const BookDelta: Self = Self(2);
  pub const Trade: Self = Self(3);
  pub const Quote: Self = Self(4);
  pub const Status: Self = Self(5);
  pub const Gap: Self = Self(6);
  pub const Stats24h: Self = Self(7);
  pub const Instrument: Self = Self(8);
  pub const Skipped: Self = Self(9);
  pub const Bar: Self = Self(10);
  pub const MarkPrice: Self = Self(11);
  pub const IndexPrice: Self = Self(12);
  pub const Funding: Self = Self(13);
  pub const OpenInterest: Self = Self(14);
  pub const Liquidation: Self = Self(15);
  pub const TradingStatus: Self = Self(16);
  pub const Kline: Self = Self(17);

  pub const ENUM_MIN: u8 = 0;
  pub const ENUM_MAX: u8 = 17;
  pub const ENUM_VALUES: &'static [Self] = &[
    Self::NONE,
    Self::BookSnapshot,
    Self::BookDelta,
    Self::Trade,
    Self::Quote,
    Self::Status,
    Self::Gap,
    Self::Stats24h,
    Self::Instrument,
    Self::Skipped,
    Self::Bar,
    Self::MarkPrice,
    Self::IndexPrice,
    Self::Funding,
    Self::OpenInterest,
    Self::Liquidation,
    Self::TradingStatus,
    Self::Kline,
  ];
  /// Returns the variant's name or "" if unknown.
  pub fn variant_name(self) -> Option<&'static str> {
    match self {
      Self::NONE => Some("NONE"),
      Self::BookSnapshot => Some("BookSnapshot"),
      Self::BookDelta => Some("BookDelta"),
      Self::Trade => Some("Trade"),
      Self::Quote => Some("Quote"),
      Self::Status => Some("Status"),
      Self::Gap => Some("Gap"),
      Self::Stats24h => Some("Stats24h"),
      Self::Instrument => Some("Instrument"),
      Self::Skipped => Some("Skipped"),
      Self::Bar => Some("Bar"),
      Self::MarkPrice => Some("MarkPrice"),
      Self::IndexPrice => Some("IndexPrice"),
      Self::Funding => Some("Funding"),
      Self::OpenInterest => Some("OpenInterest"),
      Self::Liquidation => Some("Liquidation"),
      Self::TradingStatus => Some("TradingStatus"),
      Self::Kline => Some("Kline"),
      _ => None,
    }
  }
}
impl ::core::fmt::Debug for Body {
  fn fmt(&self, f: &mut ::core::fmt::Formatter) -> ::core::fmt::Result {
    if let Some(name) = self.variant_name() {
      f.write_str(name)
    } else {
      f.write_fmt(format_args!("<UNKNOWN {:?}>", self.0))
    }
  }
}
impl<'a> ::flatbuffers::Follow<'a> for Body {
  type Inner = Self;
  #[inline]
  unsafe fn follow(buf: &'a [u8], loc: usize) -> Self::Inner {
    let b = unsafe { ::flatbuffers::read_scalar_at::<u8>(buf, loc) };
    Self(b)
  }
}

impl ::flatbuffers::Push for Body {
    type Output = Body;
    #[inline]
    unsafe fn push(&self, dst: &mut [u8], _written_len: usize) {
        unsafe { ::flatbuffers::emplace_scalar::<u8>(dst, self.0) };
    }
}

impl ::flatbuffers::EndianScalar for Body {
  type Scalar = u8;
  #[inline]
  fn to_little_endian(self) -> u8 {
    self.0.to_le()
  }
  #[inline]
  #[allow(clippy::wrong_self_convention)]
  fn from_little_endian(v: u8) -> Self {
    let b = u8::from_le(v);
    Self(b)
  }
}

impl<'a> ::flatbuffers::Verifiable for Body {
  #[inline]
  fn run_verifier(
    v: &mut ::flatbuffers::Verifier, pos: usize
  ) -> Result<(), ::flatbuffers::InvalidFlatbuffer> {
    u8::run_verifier(v, pos)
  }
}

impl ::flatbuffers::SimpleToVerifyInSlice for Body {}
pub struct BodyUnionTableOffset {}

/// One price level: absolute quantity, 0 removes it.
// struct Level, aligned to 8
#[repr(transparent)]
#[derive(Clone, Copy, PartialEq)]
pub struct Level(pub [u8; 16]);
impl Default for Level {
  fn default() -> Self {
    Self([0; 16])
  }
}
impl ::core::fmt::Debug for Level {
  fn fmt(&self, f: &mut ::core::fmt::Formatter) -> ::core::fmt::Result {
    f.debug_struct("Level")
      .field("price", &self.price())
      .field("qty", &self.qty())
      .finish()
  }
}

impl ::flatbuffers::SimpleToVerifyInSlice for Level {}
impl<'a> ::flatbuffers::Follow<'a> for Level {
  type Inner = &'a Level;
  #[inline]
  unsafe fn follow(buf: &'a [u8], loc: usize) -> Self::Inner {
    unsafe { <&'a Level>::follow(buf, loc) }
  }
}
impl<'a> ::flatbuffers::Follow<'a> for &'a Level {
  type Inner = &'a Level;
  #[inline]
  unsafe fn follow(buf: &'a [u8], loc: usize) -> Self::Inner {
    unsafe { ::flatbuffers::follow_cast_ref::<Level>(buf, loc) }
  }
}
impl<'b> ::flatbuffers::Push for Level {
    type Output = Level;
    #[inline]
    unsafe fn push(&self, dst: &mut [u8], _written_len: usize) {
        let src = unsafe { ::core::slice::from_raw_parts(self as *const Level as *const u8, <Self as ::flatbuffers::Push>::size()) };
        dst.copy_from_slice(src);
    }
    #[inline]
    fn alignment() -> ::flatbuffers::PushAlignment {
        ::flatbuffers::PushAlignment::new(8)
    }
}

impl<'a> ::flatbuffers::Verifiable for Level {
  #[inline]
  fn run_verifier(
    v: &mut ::flatbuffers::Verifier, pos: usize
  ) -> Result<(), ::flatbuffers::InvalidFlatbuffer> {
    v.in_buffer::<Self>(pos)
  }
}

impl<'a> Level {
  #[allow(clippy::too_many_arguments)]
  pub fn new(
    price: i64,
    qty: i64,
  ) -> Self {
    let mut s = Self([0; 16]);
    s.set_price(price);
    s.set_qty(qty);
    s
  }

  pub fn price(&self) -> i64 {
    let mut mem = ::core::mem::MaybeUninit::<<i64 as ::flatbuffers::EndianScalar>::Scalar>::uninit();
    // Safety:
    // Created from a valid Table for this object
    // Which contains a valid value in this slot
    ::flatbuffers::EndianScalar::from_little_endian(unsafe {
      ::core::ptr::copy_nonoverlapping(
        self.0[0..].as_ptr(),
        mem.as_mut_ptr() as *mut u8,
        ::core::mem::size_of::<<i64 as ::flatbuffers::EndianScalar>::Scalar>(),
      );
      mem.assume_init()
    })
  }

  pub fn set_price(&mut self, x: i64) {
    let x_le = ::flatbuffers::EndianScalar::to_little_endian(x);
    // Safety:
    // Created from a valid Table for this object
    // Which contains a valid value in this slot
    unsafe {
      ::core::ptr::copy_nonoverlapping(
        &x_le as *const _ as *const u8,
        self.0[0..].as_mut_ptr(),
        ::core::mem::size_of::<<i64 as ::flatbuffers::EndianScalar>::Scalar>(),
      );
    }
  }

  pub fn qty(&self) -> i64 {
    let mut mem = ::core::mem::MaybeUninit::<<i64 as ::flatbuffers::EndianScalar>::Scalar>::uninit();
    // Safety:
    // Created from a valid Table for this object
    // Which contains a valid value in this slot
    ::flatbuffers::EndianScalar::from_little_endian(unsafe {
      ::core::ptr::copy_nonoverlapping(
        self.0[8..].as_ptr(),
        mem.as_mut_ptr() as *mut u8,
        ::core::mem::size_of::<<i64 as ::flatbuffers::EndianScalar>::Scalar>(),
      );
      mem.assume_init()
    })
  }

  pub fn set_qty(&mut self, x: i64) {
    let x_le = ::flatbuffers::EndianScalar::to_little_endian(x);
    // Safety:
    // Created from a valid Table for this object
    // Which contains a valid value in this slot
    unsafe {
      ::core::ptr::copy_nonoverlapping(
        &x_le as *const _ as *const u8,
        self.0[8..].as_mut_ptr(),
        ::core::mem::size_of::<<i64 as ::flatbuffers::EndianScalar>::Scalar>(),
      );
    }
  }

}

/// Levels a side, from the best on, up to which a fetched book is known, as counted within the last seconds. Of worse prices it has those
/// alone that have changed since it was fetched.
// struct ValidDepth, aligned to 4
#[repr(transparent)]
#[derive(Clone, Copy, PartialEq)]
pub struct ValidDepth(pub [u8; 8]);
impl Default for ValidDepth {
  fn default() -> Self {
    Self([0; 8])
  }
}
impl ::core::fmt::Debug for ValidDepth {
  fn fmt(&self, f: &mut ::core::fmt::Formatter) -> ::core::fmt::Result {
    f.debug_struct("ValidDepth")
      .field("bids", &self.bids())
      .field("asks", &self.asks())
      .finish()
  }
}

impl ::flatbuffers::SimpleToVerifyInSlice for ValidDepth {}
impl<'a> ::flatbuffers::Follow<'a> for ValidDepth {
  type Inner = &'a ValidDepth;
  #[inline]
  unsafe fn follow(buf: &'a [u8], loc: usize) -> Self::Inner {
    unsafe { <&'a ValidDepth>::follow(buf, loc) }
  }
}
impl<'a> ::flatbuffers::Follow<'a> for &'a ValidDepth {
  type Inner = &'a ValidDepth;
  #[inline]
  unsafe fn follow(buf: &'a [u8], loc: usize) -> Self::Inner {
    unsafe { ::flatbuffers::follow_cast_ref::<ValidDepth>(buf, loc) }
  }
}
impl<'b> ::flatbuffers::Push for ValidDepth {
    type Output = ValidDepth;
    #[inline]
    unsafe fn push(&self, dst: &mut [u8], _written_len: usize) {
        let src = unsafe { ::core::slice::from_raw_parts(self as *const ValidDepth as *const u8, <Self as ::flatbuffers::Push>::size()) };
        dst.copy_from_slice(src);
    }
    #[inline]
    fn alignment() -> ::flatbuffers::PushAlignment {
        ::flatbuffers::PushAlignment::new(4)
    }
}

impl<'a> ::flatbuffers::Verifiable for ValidDepth {
  #[inline]
  fn run_verifier(
    v: &mut ::flatbuffers::Verifier, pos: usize
  ) -> Result<(), ::flatbuffers::InvalidFlatbuffer> {
    v.in_buffer::<Self>(pos)
  }
}

impl<'a> ValidDepth {
  #[allow(clippy::too_many_arguments)]
  pub fn new(
    bids: u32,
    asks: u32,
  ) -> Self {
    let mut s = Self([0; 8]);
    s.set_bids(bids);
    s.set_asks(asks);
    s
  }

  pub fn bids(&self) -> u32 {
    let mut mem = ::core::mem::MaybeUninit::<<u32 as ::flatbuffers::EndianScalar>::Scalar>::uninit();
    // Safety:
    // Created from a valid Table for this object
    // Which contains a valid value in this slot
    ::flatbuffers::EndianScalar::from_little_endian(unsafe {
      ::core::ptr::copy_nonoverlapping(
        self.0[0..].as_ptr(),
        mem.as_mut_ptr() as *mut u8,
        ::core::mem::size_of::<<u32 as ::flatbuffers::EndianScalar>::Scalar>(),
      );
      mem.assume_init()
    })
  }

  pub fn set_bids(&mut self, x: u32) {
    let x_le = ::flatbuffers::EndianScalar::to_little_endian(x);
    // Safety:
    // Created from a valid Table for this object
    // Which contains a valid value in this slot
    unsafe {
      ::core::ptr::copy_nonoverlapping(
        &x_le as *const _ as *const u8,
        self.0[0..].as_mut_ptr(),
        ::core::mem::size_of::<<u32 as ::flatbuffers::EndianScalar>::Scalar>(),
      );
    }
  }

  pub fn asks(&self) -> u32 {
    let mut mem = ::core::mem::MaybeUninit::<<u32 as ::flatbuffers::EndianScalar>::Scalar>::uninit();
    // Safety:
    // Created from a valid Table for this object
    // Which contains a valid value in this slot
    ::flatbuffers::EndianScalar::from_little_endian(unsafe {
      ::core::ptr::copy_nonoverlapping(
        self.0[4..].as_ptr(),
        mem.as_mut_ptr() as *mut u8,
        ::core::mem::size_of::<<u32 as ::flatbuffers::EndianScalar>::Scalar>(),
      );
      mem.assume_init()
    })
  }

  pub fn set_asks(&mut self, x: u32) {
    let x_le = ::flatbuffers::EndianScalar::to_little_endian(x);
    // Safety:
    // Created from a valid Table for this object
    // Which contains a valid value in this slot
    unsafe {
      ::core::ptr::copy_nonoverlapping(
        &x_le as *const _ as *const u8,
        self.0[4..].as_mut_ptr(),
        ::core::mem::size_of::<<u32 as ::flatbuffers::EndianScalar>::Scalar>(),
      );
    }
  }

}

pub enum BookSnapshotOffset {}
#[derive(Copy, Clone, PartialEq)]

/// The whole book or the best of it, best levels first. Replaces what the client holds.
pub struct BookSnapshot<'a> {
  pub _tab: ::flatbuffers::Table<'a>,
}

impl<'a> ::flatbuffers::Follow<'a> for BookSnapshot<'a> {
  type Inner = BookSnapshot<'a>;
  #[inline]
  unsafe fn follow(buf: &'a [u8], loc: usize) -> Self::Inner {
    Self { _tab: unsafe { ::flatbuffers::Table::new(buf, loc) } }
  }
}

impl<'a> BookSnapshot<'a> {
  pub const VT_LAST_UPDATE_ID: ::flatbuffers::VOffsetT = 4;
  pub const VT_BIDS: ::flatbuffers::VOffsetT = 6;
  pub const VT_ASKS: ::flatbuffers::VOffsetT = 8;
  pub const VT_HASH: ::flatbuffers::VOffsetT = 10;
  pub const VT_DEPTH: ::flatbuffers::VOffsetT = 12;
  pub const VT_VALID_DEPTH: ::flatbuffers::VOffsetT = 14;

  #[inline]
  pub unsafe fn init_from_table(table: ::flatbuffers::Table<'a>) -> Self {
    BookSnapshot { _tab: table }
  }
  #[allow(unused_mut)]
  pub fn create<'bldr: 'args, 'args: 'mut_bldr, 'mut_bldr, A: ::flatbuffers::Allocator + 'bldr>(
    _fbb: &'mut_bldr mut ::flatbuffers::FlatBufferBuilder<'bldr, A>,
    args: &'args BookSnapshotArgs<'args>
  ) -> ::flatbuffers::WIPOffset<BookSnapshot<'bldr>> {
    let mut builder = BookSnapshotBuilder::new(_fbb);
    builder.add_hash(args.hash);
    builder.add_last_update_id(args.last_update_id);
    if let Some(x) = args.valid_depth { builder.add_valid_depth(x); }
    if let Some(x) = args.asks { builder.add_asks(x); }
    if let Some(x) = args.bids { builder.add_bids(x); }
    builder.add_depth(args.depth);
    builder.finish()
  }

  #[inline]
  pub fn last_update_id(&self) -> u64 {
    // Safety:
    // Created from valid Table for this object
    // which contains a valid value in this slot
    unsafe { self._tab.get::<u64>(BookSnapshot::VT_LAST_UPDATE_ID, Some(0)).unwrap()}
  }
  #[inline]
  pub fn bids(&self) -> Option<::flatbuffers::Vector<'a, Level>> {
    // Safety:
    // Created from valid Table for this object
    // which contains a valid value in this slot
    unsafe { self._tab.get::<::flatbuffers::ForwardsUOffset<::flatbuffers::Vector<'a, Level>>>(BookSnapshot::VT_BIDS, None)}
  }
  #[inline]
  pub fn asks(&self) -> Option<::flatbuffers::Vector<'a, Level>> {
    // Safety:
    // Created from valid Table for this object
    // which contains a valid value in this slot
    unsafe { self._tab.get::<::flatbuffers::ForwardsUOffset<::flatbuffers::Vector<'a, Level>>>(BookSnapshot::VT_ASKS, None)}
  }
  /// Hash of the levels above: native/wire/README.md says how it is computed.
  #[inline]
  pub fn hash(&self) -> u64 {
    // Safety:
    // Created from valid Table for this object
    // which contains a valid value in this slot
    unsafe { self._tab.get::<u64>(BookSnapshot::VT_HASH, Some(0)).unwrap()}
  }
  /// Levels a side at most, 0 for the whole book.
  #[inline]
  pub fn depth(&self) -> u16 {
    // Safety:
    // Created from valid Table for this object
    // which contains a valid value in this slot
    unsafe { self._tab.get::<u16>(BookSnapshot::VT_DEPTH, Some(0)).unwrap()}
  }
  /// Absent where the book is known to its end, or nothing was counted yet.
  #[inline]
  pub fn valid_depth(&self) -> Option<&'a ValidDepth> {
    // Safety:
    // Created from valid Table for this object
    // which contains a valid value in this slot
    unsafe { self._tab.get::<ValidDepth>(BookSnapshot::VT_VALID_DEPTH, None)}
  }
}

impl ::flatbuffers::Verifiable for BookSnapshot<'_> {
  #[inline]
  fn run_verifier(
    v: &mut ::flatbuffers::Verifier, pos: usize
  ) -> Result<(), ::flatbuffers::InvalidFlatbuffer> {
    v.visit_table(pos)?
     .visit_field::<u64>("last_update_id", Self::VT_LAST_UPDATE_ID, false)?
     .visit_field::<::flatbuffers::ForwardsUOffset<::flatbuffers::Vector<'_, Level>>>("bids", Self::VT_BIDS, false)?
     .visit_field::<::flatbuffers::ForwardsUOffset<::flatbuffers::Vector<'_, Level>>>("asks", Self::VT_ASKS, false)?
     .visit_field::<u64>("hash", Self::VT_HASH, false)?
     .visit_field::<u16>("depth", Self::VT_DEPTH, false)?
     .visit_field::<ValidDepth>("valid_depth", Self::VT_VALID_DEPTH, false)?
     .finish();
    Ok(())
  }
}
pub struct BookSnapshotArgs<'a> {
    pub last_update_id: u64,
    pub bids: Option<::flatbuffers::WIPOffset<::flatbuffers::Vector<'a, Level>>>,
    pub asks: Option<::flatbuffers::WIPOffset<::flatbuffers::Vector<'a, Level>>>,
    pub hash: u64,
    pub depth: u16,
    pub valid_depth: Option<&'a ValidDepth>,
}
impl<'a> Default for BookSnapshotArgs<'a> {
  #[inline]
  fn default() -> Self {
    BookSnapshotArgs {
      last_update_id: 0,
      bids: None,
      asks: None,
      hash: 0,
      depth: 0,
      valid_depth: None,
    }
  }
}

pub struct BookSnapshotBuilder<'a: 'b, 'b, A: ::flatbuffers::Allocator + 'a> {
  fbb_: &'b mut ::flatbuffers::FlatBufferBuilder<'a, A>,
  start_: ::flatbuffers::WIPOffset<::flatbuffers::TableUnfinishedWIPOffset>,
}
impl<'a: 'b, 'b, A: ::flatbuffers::Allocator + 'a> BookSnapshotBuilder<'a, 'b, A> {
  #[inline]
  pub fn add_last_update_id(&mut self, last_update_id: u64) {
    self.fbb_.push_slot::<u64>(BookSnapshot::VT_LAST_UPDATE_ID, last_update_id, 0);
  }
  #[inline]
  pub fn add_bids(&mut self, bids: ::flatbuffers::WIPOffset<::flatbuffers::Vector<'b , Level>>) {
    self.fbb_.push_slot_always::<::flatbuffers::WIPOffset<_>>(BookSnapshot::VT_BIDS, bids);
  }
  #[inline]
  pub fn add_asks(&mut self, asks: ::flatbuffers::WIPOffset<::flatbuffers::Vector<'b , Level>>) {
    self.fbb_.push_slot_always::<::flatbuffers::WIPOffset<_>>(BookSnapshot::VT_ASKS, asks);
  }
  #[inline]
  pub fn add_hash(&mut self, hash: u64) {
    self.fbb_.push_slot::<u64>(BookSnapshot::VT_HASH, hash, 0);
  }
  #[inline]
  pub fn add_depth(&mut self, depth: u16) {
    self.fbb_.push_slot::<u16>(BookSnapshot::VT_DEPTH, depth, 0);
  }
  #[inline]
  pub fn add_valid_depth(&mut self, valid_depth: &ValidDepth) {
    self.fbb_.push_slot_always::<&ValidDepth>(BookSnapshot::VT_VALID_DEPTH, valid_depth);
  }
  #[inline]
  pub fn new(_fbb: &'b mut ::flatbuffers::FlatBufferBuilder<'a, A>) -> BookSnapshotBuilder<'a, 'b, A> {
    let start = _fbb.start_table();
    BookSnapshotBuilder {
      fbb_: _fbb,
      start_: start,
    }
  }
  #[inline]
  pub fn finish(self) -> ::flatbuffers::WIPOffset<BookSnapshot<'a>> {
    let o = self.fbb_.end_table(self.start_);
    ::flatbuffers::WIPOffset::new(o.value())
  }
}

impl ::core::fmt::Debug for BookSnapshot<'_> {
  fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
    let mut ds = f.debug_struct("BookSnapshot");
      ds.field("last_update_id", &self.last_update_id());
      ds.field("bids", &self.bids());
      ds.field("asks", &self.asks());
      ds.field("hash", &self.hash());
      ds.field("depth", &self.depth());
      ds.field("valid_depth", &self.valid_depth());
      ds.finish()
  }
}
pub enum BookDeltaOffset {}
#[derive(Copy, Clone, PartialEq)]

/// Levels that changed, to be applied as a whole.
pub struct BookDelta<'a> {
  pub _tab: ::flatbuffers::Table<'a>,
}

impl<'a> ::flatbuffers::Follow<'a> for BookDelta<'a> {
  type Inner = BookDelta<'a>;
  #[inline]
  unsafe fn follow(buf: &'a [u8], loc: usize) -> Self::Inner {
    Self { _tab: unsafe { ::flatbuffers::Table::new(buf, loc) } }
  }
}

impl<'a> BookDelta<'a> {
  pub const VT_PREV_UPDATE_ID: ::flatbuffers::VOffsetT = 4;
  pub const VT_LAST_UPDATE_ID: ::flatbuffers::VOffsetT = 6;
  pub const VT_BIDS: ::flatbuffers::VOffsetT = 8;
  pub const VT_ASKS: ::flatbuffers::VOffsetT = 10;
  pub const VT_HASH: ::flatbuffers::VOffsetT = 12;
  pub const VT_VALID_DEPTH: ::flatbuffers::VOffsetT = 14;

  #[inline]
  pub unsafe fn init_from_table(table: ::flatbuffers::Table<'a>) -> Self {
    BookDelta { _tab: table }
  }
  #[allow(unused_mut)]
  pub fn create<'bldr: 'args, 'args: 'mut_bldr, 'mut_bldr, A: ::flatbuffers::Allocator + 'bldr>(
    _fbb: &'mut_bldr mut ::flatbuffers::FlatBufferBuilder<'bldr, A>,
    args: &'args BookDeltaArgs<'args>
  ) -> ::flatbuffers::WIPOffset<BookDelta<'bldr>> {
    let mut builder = BookDeltaBuilder::new(_fbb);
    builder.add_hash(args.hash);
    builder.add_last_update_id(args.last_update_id);
    builder.add_prev_update_id(args.prev_update_id);
    if let Some(x) = args.valid_depth { builder.add_valid_depth(x); }
    if let Some(x) = args.asks { builder.add_asks(x); }
    if let Some(x) = args.bids { builder.add_bids(x); }
    builder.finish()
  }

  #[inline]
  pub fn prev_update_id(&self) -> u64 {
    // Safety:
    // Created from valid Table for this object
    // which contains a valid value in this slot
    unsafe { self._tab.get::<u64>(BookDelta::VT_PREV_UPDATE_ID, Some(0)).unwrap()}
  }
  #[inline]
  pub fn last_update_id(&self) -> u64 {
    // Safety:
    // Created from valid Table for this object
    // which contains a valid value in this slot
    unsafe { self._tab.get::<u64>(BookDelta::VT_LAST_UPDATE_ID, Some(0)).unwrap()}
  }
  #[inline]
  pub fn bids(&self) -> Option<::flatbuffers::Vector<'a, Level>> {
    // Safety:
    // Created from valid Table for this object
    // which contains a valid value in this slot
    unsafe { self._tab.get::<::flatbuffers::ForwardsUOffset<::flatbuffers::Vector<'a, Level>>>(BookDelta::VT_BIDS, None)}
  }
  #[inline]
  pub fn asks(&self) -> Option<::flatbuffers::Vector<'a, Level>> {
    // Safety:
    // Created from valid Table for this object
    // which contains a valid value in this slot
    unsafe { self._tab.get::<::flatbuffers::ForwardsUOffset<::flatbuffers::Vector<'a, Level>>>(BookDelta::VT_ASKS, None)}
  }
  /// Hash of the whole book after these levels.
  #[inline]
  pub fn hash(&self) -> u64 {
    // Safety:
    // Created from valid Table for this object
    // which contains a valid value in this slot
    unsafe { self._tab.get::<u64>(BookDelta::VT_HASH, Some(0)).unwrap()}
  }
  /// Absent where it is as the message before said.
  #[inline]
  pub fn valid_depth(&self) -> Option<&'a ValidDepth> {
    // Safety:
    // Created from valid Table for this object
    // which contains a valid value in this slot
    unsafe { self._tab.get::<ValidDepth>(BookDelta::VT_VALID_DEPTH, None)}
  }
}

impl ::flatbuffers::Verifiable for BookDelta<'_> {
  #[inline]
  fn run_verifier(
    v: &mut ::flatbuffers::Verifier, pos: usize
  ) -> Result<(), ::flatbuffers::InvalidFlatbuffer> {
    v.visit_table(pos)?
     .visit_field::<u64>("prev_update_id", Self::VT_PREV_UPDATE_ID, false)?
     .visit_field::<u64>("last_update_id", Self::VT_LAST_UPDATE_ID, false)?
     .visit_field::<::flatbuffers::ForwardsUOffset<::flatbuffers::Vector<'_, Level>>>("bids", Self::VT_BIDS, false)?
     .visit_field::<::flatbuffers::ForwardsUOffset<::flatbuffers::Vector<'_, Level>>>("asks", Self::VT_ASKS, false)?
     .visit_field::<u64>("hash", Self::VT_HASH, false)?
     .visit_field::<ValidDepth>("valid_depth", Self::VT_VALID_DEPTH, false)?
     .finish();
    Ok(())
  }
}
pub struct BookDeltaArgs<'a> {
    pub prev_update_id: u64,
    pub last_update_id: u64,
    pub bids: Option<::flatbuffers::WIPOffset<::flatbuffers::Vector<'a, Level>>>,
    pub asks: Option<::flatbuffers::WIPOffset<::flatbuffers::Vector<'a, Level>>>,
    pub hash: u64,
    pub valid_depth: Option<&'a ValidDepth>,
}
impl<'a> Default for BookDeltaArgs<'a> {
  #[inline]
  fn default() -> Self {
    BookDeltaArgs {
      prev_update_id: 0,
      last_update_id: 0,
      bids: None,
      asks: None,
      hash: 0,
      valid_depth: None,
    }
  }
}

pub struct BookDeltaBuilder<'a: 'b, 'b, A: ::flatbuffers::Allocator + 'a> {
  fbb_: &'b mut ::flatbuffers::FlatBufferBuilder<'a, A>,
  start_: ::flatbuffers::WIPOffset<::flatbuffers::TableUnfinishedWIPOffset>,
}
impl<'a: 'b, 'b, A: ::flatbuffers::Allocator + 'a> BookDeltaBuilder<'a, 'b, A> {
  #[inline]
  pub fn add_prev_update_id(&mut self, prev_update_id: u64) {
    self.fbb_.push_slot::<u64>(BookDelta::VT_PREV_UPDATE_ID, prev_update_id, 0);
  }
  #[inline]
  pub fn add_last_update_id(&mut self, last_update_id: u64) {
    self.fbb_.push_slot::<u64>(BookDelta::VT_LAST_UPDATE_ID, last_update_id, 0);
  }
  #[inline]
  pub fn add_bids(&mut self, bids: ::flatbuffers::WIPOffset<::flatbuffers::Vector<'b , Level>>) {
    self.fbb_.push_slot_always::<::flatbuffers::WIPOffset<_>>(BookDelta::VT_BIDS, bids);
  }
  #[inline]
  pub fn add_asks(&mut self, asks: ::flatbuffers::WIPOffset<::flatbuffers::Vector<'b , Level>>) {
    self.fbb_.push_slot_always::<::flatbuffers::WIPOffset<_>>(BookDelta::VT_ASKS, asks);
  }
  #[inline]
  pub fn add_hash(&mut self, hash: u64) {
    self.fbb_.push_slot::<u64>(BookDelta::VT_HASH, hash, 0);
  }
  #[inline]
  pub fn add_valid_depth(&mut self, valid_depth: &ValidDepth) {
    self.fbb_.push_slot_always::<&ValidDepth>(BookDelta::VT_VALID_DEPTH, valid_depth);
  }
  #[inline]
  pub fn new(_fbb: &'b mut ::flatbuffers::FlatBufferBuilder<'a, A>) -> BookDeltaBuilder<'a, 'b, A> {
    let start = _fbb.start_table();
    BookDeltaBuilder {
      fbb_: _fbb,
      start_: start,
    }
  }
  #[inline]
  pub fn finish(self) -> ::flatbuffers::WIPOffset<BookDelta<'a>> {
    let o = self.fbb_.end_table(self.start_);
    ::flatbuffers::WIPOffset::new(o.value())
  }
}

impl ::core::fmt::Debug for BookDelta<'_> {
  fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
    let mut ds = f.debug_struct("BookDelta");
      ds.field("prev_update_id", &self.prev_update_id());
      ds.field("last_update_id", &self.last_update_id());
      ds.field("bids", &self.bids());
      ds.field("asks", &self.asks());
      ds.field("hash", &self.hash());
      ds.field("valid_depth", &self.valid_depth());
      ds.finish()
  }
}
pub enum TradeOffset {}
#[derive(Copy, Clone, PartialEq)]

/// One trade print.
pub struct Trade<'a> {
  pub _tab: ::flatbuffers::Table<'a>,
}

impl<'a> ::flatbuffers::Follow<'a> for Trade<'a> {
  type Inner = Trade<'a>;
  #[inline]
  unsafe fn follow(buf: &'a [u8], loc: usize) -> Self::Inner {
    Self { _tab: unsafe { ::flatbuffers::Table::new(buf, loc) } }
  }
}

impl<'a> Trade<'a> {
  pub const VT_PRICE: ::flatbuffers::VOffsetT = 4;
  pub const VT_QTY: ::flatbuffers::VOffsetT = 6;
  pub const VT_TRADE_ID: ::flatbuffers::VOffsetT = 8;
  pub const VT_AGGRESSOR: ::flatbuffers::VOffsetT = 10;

  #[inline]
  pub unsafe fn init_from_table(table: ::flatbuffers::Table<'a>) -> Self {
    Trade { _tab: table }
  }
  #[allow(unused_mut)]
  pub fn create<'bldr: 'args, 'args: 'mut_bldr, 'mut_bldr, A: ::flatbuffers::Allocator + 'bldr>(
    _fbb: &'mut_bldr mut ::flatbuffers::FlatBufferBuilder<'bldr, A>,
    args: &'args TradeArgs
  ) -> ::flatbuffers::WIPOffset<Trade<'bldr>> {
    let mut builder = TradeBuilder::new(_fbb);
    builder.add_trade_id(args.trade_id);
    builder.add_qty(args.qty);
    builder.add_price(args.price);
    builder.add_aggressor(args.aggressor);
    builder.finish()
  }

  #[inline]
  pub fn price(&self) -> i64 {
    // Safety:
    // Created from valid Table for this object
    // which contains a valid value in this slot
    unsafe { self._tab.get::<i64>(Trade::VT_PRICE, Some(0)).unwrap()}
  }
  #[inline]
  pub fn qty(&self) -> i64 {
    // Safety:
    // Created from valid Table for this object
    // which contains a valid value in this slot
    unsafe { self._tab.get::<i64>(Trade::VT_QTY, Some(0)).unwrap()}
  }
  #[inline]
  pub fn trade_id(&self) -> u64 {
    // Safety:
    // Created from valid Table for this object
    // which contains a valid value in this slot
    unsafe { self._tab.get::<u64>(Trade::VT_TRADE_ID, Some(0)).unwrap()}
  }
  #[inline]
  pub fn aggressor(&self) -> Aggressor {
    // Safety:
    // Created from valid Table for this object
    // which contains a valid value in this slot
    unsafe { self._tab.get::<Aggressor>(Trade::VT_AGGRESSOR, Some(Aggressor::Unknown)).unwrap()}
  }
}

impl ::flatbuffers::Verifiable for Trade<'_> {
  #[inline]
  fn run_verifier(
    v: &mut ::flatbuffers::Verifier, pos: usize
  ) -> Result<(), ::flatbuffers::InvalidFlatbuffer> {
    v.visit_table(pos)?
     .visit_field::<i64>("price", Self::VT_PRICE, false)?
     .visit_field::<i64>("qty", Self::VT_QTY, false)?
     .visit_field::<u64>("trade_id", Self::VT_TRADE_ID, false)?
     .visit_field::<Aggressor>("aggressor", Self::VT_AGGRESSOR, false)?
     .finish();
    Ok(())
  }
}
pub struct TradeArgs {
    pub price: i64,
    pub qty: i64,
    pub trade_id: u64,
    pub aggressor: Aggressor,
}
impl<'a> Default for TradeArgs {
  #[inline]
  fn default() -> Self {
    TradeArgs {
      price: 0,
      qty: 0,
      trade_id: 0,
      aggressor: Aggressor::Unknown,
    }
  }
}

pub struct TradeBuilder<'a: 'b, 'b, A: ::flatbuffers::Allocator + 'a> {
  fbb_: &'b mut ::flatbuffers::FlatBufferBuilder<'a, A>,
  start_: ::flatbuffers::WIPOffset<::flatbuffers::TableUnfinishedWIPOffset>,
}
impl<'a: 'b, 'b, A: ::flatbuffers::Allocator + 'a> TradeBuilder<'a, 'b, A> {
  #[inline]
  pub fn add_price(&mut self, price: i64) {
    self.fbb_.push_slot::<i64>(Trade::VT_PRICE, price, 0);
  }
  #[inline]
  pub fn add_qty(&mut self, qty: i64) {
    self.fbb_.push_slot::<i64>(Trade::VT_QTY, qty, 0);
  }
  #[inline]
  pub fn add_trade_id(&mut self, trade_id: u64) {
    self.fbb_.push_slot::<u64>(Trade::VT_TRADE_ID, trade_id, 0);
  }
  #[inline]
  pub fn add_aggressor(&mut self, aggressor: Aggressor) {
    self.fbb_.push_slot::<Aggressor>(Trade::VT_AGGRESSOR, aggressor, Aggressor::Unknown);
  }
  #[inline]
  pub fn new(_fbb: &'b mut ::flatbuffers::FlatBufferBuilder<'a, A>) -> TradeBuilder<'a, 'b, A> {
    let start = _fbb.start_table();
    TradeBuilder {
      fbb_: _fbb,
      start_: start,
    }
  }
  #[inline]
  pub fn finish(self) -> ::flatbuffers::WIPOffset<Trade<'a>> {
    let o = self.fbb_.end_table(self.start_);
    ::flatbuffers::WIPOffset::new(o.value())
  }
}

impl ::core::fmt::Debug for Trade<'_> {
  fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
    let mut ds = f.debug_struct("Trade");
      ds.field("price", &self.price());
      ds.field("qty", &self.qty());
      ds.field("trade_id", &self.trade_id());
      ds.field("aggressor", &self.aggressor());
      ds.finish()
  }
}
pub enum QuoteOffset {}
#[derive(Copy, Clone, PartialEq)]

/// Best bid and ask as the venue publishes them.
pub struct Quote<'a> {
  pub _tab: ::flatbuffers::Table<'a>,
}

impl<'a> ::flatbuffers::Follow<'a> for Quote<'a> {
  type Inner = Quote<'a>;
  #[inline]
  unsafe fn follow(buf: &'a [u8], loc: usize) -> Self::Inner {
    Self { _tab: unsafe { ::flatbuffers::Table::new(buf, loc) } }
  }
}

impl<'a> Quote<'a> {
  pub const VT_BID_PRICE: ::flatbuffers::VOffsetT = 4;
  pub const VT_BID_QTY: ::flatbuffers::VOffsetT = 6;
  pub const VT_ASK_PRICE: ::flatbuffers::VOffsetT = 8;
  pub const VT_ASK_QTY: ::flatbuffers::VOffsetT = 10;

  #[inline]
  pub unsafe fn init_from_table(table: ::flatbuffers::Table<'a>) -> Self {
    Quote { _tab: table }
  }
  #[allow(unused_mut)]
  pub fn create<'bldr: 'args, 'args: 'mut_bldr, 'mut_bldr, A: ::flatbuffers::Allocator + 'bldr>(
    _fbb: &'mut_bldr mut ::flatbuffers::FlatBufferBuilder<'bldr, A>,
    args: &'args QuoteArgs
  ) -> ::flatbuffers::WIPOffset<Quote<'bldr>> {
    let mut builder = QuoteBuilder::new(_fbb);
    builder.add_ask_qty(args.ask_qty);
    builder.add_ask_price(args.ask_price);
    builder.add_bid_qty(args.bid_qty);
    builder.add_bid_price(args.bid_price);
    builder.finish()
  }

  #[inline]
  pub fn bid_price(&self) -> i64 {
    // Safety:
    // Created from valid Table for this object
    // which contains a valid value in this slot
    unsafe { self._tab.get::<i64>(Quote::VT_BID_PRICE, Some(0)).unwrap()}
  }
  #[inline]
  pub fn bid_qty(&self) -> i64 {
    // Safety:
    // Created from valid Table for this object
    // which contains a valid value in this slot
    unsafe { self._tab.get::<i64>(Quote::VT_BID_QTY, Some(0)).unwrap()}
  }
  #[inline]
  pub fn ask_price(&self) -> i64 {
    // Safety:
    // Created from valid Table for this object
    // which contains a valid value in this slot
    unsafe { self._tab.get::<i64>(Quote::VT_ASK_PRICE, Some(0)).unwrap()}
  }
  #[inline]
  pub fn ask_qty(&self) -> i64 {
    // Safety:
    // Created from valid Table for this object
    // which contains a valid value in this slot
    unsafe { self._tab.get::<i64>(Quote::VT_ASK_QTY, Some(0)).unwrap()}
  }
}

impl ::flatbuffers::Verifiable for Quote<'_> {
  #[inline]
  fn run_verifier(
    v: &mut ::flatbuffers::Verifier, pos: usize
  ) -> Result<(), ::flatbuffers::InvalidFlatbuffer> {
    v.visit_table(pos)?
     .visit_field::<i64>("bid_price", Self::VT_BID_PRICE, false)?
     .visit_field::<i64>("bid_qty", Self::VT_BID_QTY, false)?
     .visit_field::<i64>("ask_price", Self::VT_ASK_PRICE, false)?
     .visit_field::<i64>("ask_qty", Self::VT_ASK_QTY, false)?
     .finish();
    Ok(())
  }
}
pub struct QuoteArgs {
    pub bid_price: i64,
    pub bid_qty: i64,
    pub ask_price: i64,
    pub ask_qty: i64,
}
impl<'a> Default for QuoteArgs {
  #[inline]
  fn default() -> Self {
    QuoteArgs {
      bid_price: 0,
      bid_qty: 0,
      ask_price: 0,
      ask_qty: 0,
    }
  }
}

pub struct QuoteBuilder<'a: 'b, 'b, A: ::flatbuffers::Allocator + 'a> {
  fbb_: &'b mut ::flatbuffers::FlatBufferBuilder<'a, A>,
  start_: ::flatbuffers::WIPOffset<::flatbuffers::TableUnfinishedWIPOffset>,
}
impl<'a: 'b, 'b, A: ::flatbuffers::Allocator + 'a> QuoteBuilder<'a, 'b, A> {
  #[inline]
  pub fn add_bid_price(&mut self, bid_price: i64) {
    self.fbb_.push_slot::<i64>(Quote::VT_BID_PRICE, bid_price, 0);
  }
  #[inline]
  pub fn add_bid_qty(&mut self, bid_qty: i64) {
    self.fbb_.push_slot::<i64>(Quote::VT_BID_QTY, bid_qty, 0);
  }
  #[inline]
  pub fn add_ask_price(&mut self, ask_price: i64) {
    self.fbb_.push_slot::<i64>(Quote::VT_ASK_PRICE, ask_price, 0);
  }
  #[inline]
  pub fn add_ask_qty(&mut self, ask_qty: i64) {
    self.fbb_.push_slot::<i64>(Quote::VT_ASK_QTY, ask_qty, 0);
  }
  #[inline]
  pub fn new(_fbb: &'b mut ::flatbuffers::FlatBufferBuilder<'a, A>) -> QuoteBuilder<'a, 'b, A> {
    let start = _fbb.start_table();
    QuoteBuilder {
      fbb_: _fbb,
      start_: start,
    }
  }
  #[inline]
  pub fn finish(self) -> ::flatbuffers::WIPOffset<Quote<'a>> {
    let o = self.fbb_.end_table(self.start_);
    ::flatbuffers::WIPOffset::new(o.value())
  }
}

impl ::core::fmt::Debug for Quote<'_> {
  fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
    let mut ds = f.debug_struct("Quote");
      ds.field("bid_price", &self.bid_price());
      ds.field("bid_qty", &self.bid_qty());
      ds.field("ask_price", &self.ask_price());
      ds.field("ask_qty", &self.ask_qty());
      ds.finish()
  }
}
pub enum StatusOffset {}
#[derive(Copy, Clone, PartialEq)]

/// A new state of the subscription or book.
pub struct Status<'a> {
  pub _tab: ::flatbuffers::Table<'a>,
}

impl<'a> ::flatbuffers::Follow<'a> for Status<'a> {
  type Inner = Status<'a>;
  #[inline]
  unsafe fn follow(buf: &'a [u8], loc: usize) -> Self::Inner {
    Self { _tab: unsafe { ::flatbuffers::Table::new(buf, loc) } }
  }
}

impl<'a> Status<'a> {
  pub const VT_STATE: ::flatbuffers::VOffsetT = 4;
  pub const VT_CONNECTION: ::flatbuffers::VOffsetT = 6;
  pub const VT_CODE: ::flatbuffers::VOffsetT = 8;
  pub const VT_DETAIL: ::flatbuffers::VOffsetT = 10;

  #[inline]
  pub unsafe fn init_from_table(table: ::flatbuffers::Table<'a>) -> Self {
    Status { _tab: table }
  }
  #[allow(unused_mut)]
  pub fn create<'bldr: 'args, 'args: 'mut_bldr, 'mut_bldr, A: ::flatbuffers::Allocator + 'bldr>(
    _fbb: &'mut_bldr mut ::flatbuffers::FlatBufferBuilder<'bldr, A>,
    args: &'args StatusArgs<'args>
  ) -> ::flatbuffers::WIPOffset<Status<'bldr>> {
    let mut builder = StatusBuilder::new(_fbb);
    builder.add_detail(args.detail);
    if let Some(x) = args.code { builder.add_code(x); }
    builder.add_connection(args.connection);
    builder.add_state(args.state);
    builder.finish()
  }

  #[inline]
  pub fn state(&self) -> State {
    // Safety:
    // Created from valid Table for this object
    // which contains a valid value in this slot
    unsafe { self._tab.get::<State>(Status::VT_STATE, Some(State::Unknown)).unwrap()}
  }
  #[inline]
  pub fn connection(&self) -> u16 {
    // Safety:
    // Created from valid Table for this object
    // which contains a valid value in this slot
    unsafe { self._tab.get::<u16>(Status::VT_CONNECTION, Some(0)).unwrap()}
  }
  /// Name from the table of codes; absent where no code says why.
  #[inline]
  pub fn code(&self) -> Option<&'a str> {
    // Safety:
    // Created from valid Table for this object
    // which contains a valid value in this slot
    unsafe { self._tab.get::<::flatbuffers::ForwardsUOffset<&str>>(Status::VT_CODE, None)}
  }
  #[inline]
  pub fn detail(&self) -> u64 {
    // Safety:
    // Created from valid Table for this object
    // which contains a valid value in this slot
    unsafe { self._tab.get::<u64>(Status::VT_DETAIL, Some(0)).unwrap()}
  }
}

impl ::flatbuffers::Verifiable for Status<'_> {
  #[inline]
  fn run_verifier(
    v: &mut ::flatbuffers::Verifier, pos: usize
  ) -> Result<(), ::flatbuffers::InvalidFlatbuffer> {
    v.visit_table(pos)?
     .visit_field::<State>("state", Self::VT_STATE, false)?
     .visit_field::<u16>("connection", Self::VT_CONNECTION, false)?
     .visit_field::<::flatbuffers::ForwardsUOffset<&str>>("code", Self::VT_CODE, false)?
     .visit_field::<u64>("detail", Self::VT_DETAIL, false)?
     .finish();
    Ok(())
  }
}
pub struct StatusArgs<'a> {
    pub state: State,
    pub connection: u16,
    pub code: Option<::flatbuffers::WIPOffset<&'a str>>,
    pub detail: u64,
}
impl<'a> Default for StatusArgs<'a> {
  #[inline]
  fn default() -> Self {
    StatusArgs {
      state: State::Unknown,
      connection: 0,
      code: None,
      detail: 0,
    }
  }
}

pub struct StatusBuilder<'a: 'b, 'b, A: ::flatbuffers::Allocator + 'a> {
  fbb_: &'b mut ::flatbuffers::FlatBufferBuilder<'a, A>,
  start_: ::flatbuffers::WIPOffset<::flatbuffers::TableUnfinishedWIPOffset>,
}
impl<'a: 'b, 'b, A: ::flatbuffers::Allocator + 'a> StatusBuilder<'a, 'b, A> {
  #[inline]
  pub fn add_state(&mut self, state: State) {
    self.fbb_.push_slot::<State>(Status::VT_STATE, state, State::Unknown);
  }
  #[inline]
  pub fn add_connection(&mut self, connection: u16) {
    self.fbb_.push_slot::<u16>(Status::VT_CONNECTION, connection, 0);
  }
  #[inline]
  pub fn add_code(&mut self, code: ::flatbuffers::WIPOffset<&'b  str>) {
    self.fbb_.push_slot_always::<::flatbuffers::WIPOffset<_>>(Status::VT_CODE, code);
  }
  #[inline]
  pub fn add_detail(&mut self, detail: u64) {
    self.fbb_.push_slot::<u64>(Status::VT_DETAIL, detail, 0);
  }
  #[inline]
  pub fn new(_fbb: &'b mut ::flatbuffers::FlatBufferBuilder<'a, A>) -> StatusBuilder<'a, 'b, A> {
    let start = _fbb.start_table();
    StatusBuilder {
      fbb_: _fbb,
      start_: start,
    }
  }
  #[inline]
  pub fn finish(self) -> ::flatbuffers::WIPOffset<Status<'a>> {
    let o = self.fbb_.end_table(self.start_);
    ::flatbuffers::WIPOffset::new(o.value())
  }
}

impl ::core::fmt::Debug for Status<'_> {
  fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
    let mut ds = f.debug_struct("Status");
      ds.field("state", &self.state());
      ds.field("connection", &self.connection());
      ds.field("code", &self.code());
      ds.field("detail", &self.detail());
      ds.finish()
  }
}
pub enum GapOffset {}
#[derive(Copy, Clone, PartialEq)]

/// Venue ids that were never received: exactly `first..=last`.
pub struct Gap<'a> {
  pub _tab: ::flatbuffers::Table<'a>,
}

impl<'a> ::flatbuffers::Follow<'a> for Gap<'a> {
  type Inner = Gap<'a>;
  #[inline]
  unsafe fn follow(buf: &'a [u8], loc: usize) -> Self::Inner {
    Self { _tab: unsafe { ::flatbuffers::Table::new(buf, loc) } }
  }
}

impl<'a> Gap<'a> {
  pub const VT_STREAM: ::flatbuffers::VOffsetT = 4;
  pub const VT_REASON: ::flatbuffers::VOffsetT = 6;
  pub const VT_FIRST: ::flatbuffers::VOffsetT = 8;
  pub const VT_LAST: ::flatbuffers::VOffsetT = 10;

  #[inline]
  pub unsafe fn init_from_table(table: ::flatbuffers::Table<'a>) -> Self {
    Gap { _tab: table }
  }
  #[allow(unused_mut)]
  pub fn create<'bldr: 'args, 'args: 'mut_bldr, 'mut_bldr, A: ::flatbuffers::Allocator + 'bldr>(
    _fbb: &'mut_bldr mut ::flatbuffers::FlatBufferBuilder<'bldr, A>,
    args: &'args GapArgs
  ) -> ::flatbuffers::WIPOffset<Gap<'bldr>> {
    let mut builder = GapBuilder::new(_fbb);
    builder.add_last(args.last);
    builder.add_first(args.first);
    builder.add_reason(args.reason);
    builder.add_stream(args.stream);
    builder.finish()
  }

  #[inline]
  pub fn stream(&self) -> GapStream {
    // Safety:
    // Created from valid Table for this object
    // which contains a valid value in this slot
    unsafe { self._tab.get::<GapStream>(Gap::VT_STREAM, Some(GapStream::Unknown)).unwrap()}
  }
  #[inline]
  pub fn reason(&self) -> GapReason {
    // Safety:
    // Created from valid Table for this object
    // which contains a valid value in this slot
    unsafe { self._tab.get::<GapReason>(Gap::VT_REASON, Some(GapReason::Unknown)).unwrap()}
  }
  #[inline]
  pub fn first(&self) -> u64 {
    // Safety:
    // Created from valid Table for this object
    // which contains a valid value in this slot
    unsafe { self._tab.get::<u64>(Gap::VT_FIRST, Some(0)).unwrap()}
  }
  #[inline]
  pub fn last(&self) -> u64 {
    // Safety:
    // Created from valid Table for this object
    // which contains a valid value in this slot
    unsafe { self._tab.get::<u64>(Gap::VT_LAST, Some(0)).unwrap()}
  }
}

impl ::flatbuffers::Verifiable for Gap<'_> {
  #[inline]
  fn run_verifier(
    v: &mut ::flatbuffers::Verifier, pos: usize
  ) -> Result<(), ::flatbuffers::InvalidFlatbuffer> {
    v.visit_table(pos)?
     .visit_field::<GapStream>("stream", Self::VT_STREAM, false)?
     .visit_field::<GapReason>("reason", Self::VT_REASON, false)?
     .visit_field::<u64>("first", Self::VT_FIRST, false)?
     .visit_field::<u64>("last", Self::VT_LAST, false)?
     .finish();
    Ok(())
  }
}
pub struct GapArgs {
    pub stream: GapStream,
    pub reason: GapReason,
    pub first: u64,
    pub last: u64,
}
impl<'a> Default for GapArgs {
  #[inline]
  fn default() -> Self {
    GapArgs {
      stream: GapStream::Unknown,
      reason: GapReason::Unknown,
      first: 0,
      last: 0,
    }
  }
}

pub struct GapBuilder<'a: 'b, 'b, A: ::flatbuffers::Allocator + 'a> {
  fbb_: &'b mut ::flatbuffers::FlatBufferBuilder<'a, A>,
  start_: ::flatbuffers::WIPOffset<::flatbuffers::TableUnfinishedWIPOffset>,
}
impl<'a: 'b, 'b, A: ::flatbuffers::Allocator + 'a> GapBuilder<'a, 'b, A> {
  #[inline]
  pub fn add_stream(&mut self, stream: GapStream) {
    self.fbb_.push_slot::<GapStream>(Gap::VT_STREAM, stream, GapStream::Unknown);
  }
  #[inline]
  pub fn add_reason(&mut self, reason: GapReason) {
    self.fbb_.push_slot::<GapReason>(Gap::VT_REASON, reason, GapReason::Unknown);
  }
  #[inline]
  pub fn add_first(&mut self, first: u64) {
    self.fbb_.push_slot::<u64>(Gap::VT_FIRST, first, 0);
  }
  #[inline]
  pub fn add_last(&mut self, last: u64) {
    self.fbb_.push_slot::<u64>(Gap::VT_LAST, last, 0);
  }
  #[inline]
  pub fn new(_fbb: &'b mut ::flatbuffers::FlatBufferBuilder<'a, A>) -> GapBuilder<'a, 'b, A> {
    let start = _fbb.start_table();
    GapBuilder {
      fbb_: _fbb,
      start_: start,
    }
  }
  #[inline]
  pub fn finish(self) -> ::flatbuffers::WIPOffset<Gap<'a>> {
    let o = self.fbb_.end_table(self.start_);
    ::flatbuffers::WIPOffset::new(o.value())
  }
}

impl ::core::fmt::Debug for Gap<'_> {
  fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
    let mut ds = f.debug_struct("Gap");
      ds.field("stream", &self.stream());
      ds.field("reason", &self.reason());
      ds.field("first", &self.first());
      ds.field("last", &self.last());
      ds.finish()
  }
}
pub enum Stats24hOffset {}
#[derive(Copy, Clone, PartialEq)]

/// Rolling 24-hour figures from the trades seen.
pub struct Stats24h<'a> {
  pub _tab: ::flatbuffers::Table<'a>,
}

impl<'a> ::flatbuffers::Follow<'a> for Stats24h<'a> {
  type Inner = Stats24h<'a>;
  #[inline]
  unsafe fn follow(buf: &'a [u8], loc: usize) -> Self::Inner {
    Self { _tab: unsafe { ::flatbuffers::Table::new(buf, loc) } }
  }
}

impl<'a> Stats24h<'a> {
  pub const VT_OPEN: ::flatbuffers::VOffsetT = 4;
  pub const VT_HIGH: ::flatbuffers::VOffsetT = 6;
  pub const VT_LOW: ::flatbuffers::VOffsetT = 8;
  pub const VT_CLOSE: ::flatbuffers::VOffsetT = 10;
  pub const VT_VOLUME: ::flatbuffers::VOffsetT = 12;
  pub const VT_COUNT: ::flatbuffers::VOffsetT = 14;

  #[inline]
  pub unsafe fn init_from_table(table: ::flatbuffers::Table<'a>) -> Self {
    Stats24h { _tab: table }
  }
  #[allow(unused_mut)]
  pub fn create<'bldr: 'args, 'args: 'mut_bldr, 'mut_bldr, A: ::flatbuffers::Allocator + 'bldr>(
    _fbb: &'mut_bldr mut ::flatbuffers::FlatBufferBuilder<'bldr, A>,
    args: &'args Stats24hArgs
  ) -> ::flatbuffers::WIPOffset<Stats24h<'bldr>> {
    let mut builder = Stats24hBuilder::new(_fbb);
    builder.add_count(args.count);
    builder.add_volume(args.volume);
    builder.add_close(args.close);
    builder.add_low(args.low);
    builder.add_high(args.high);
    builder.add_open(args.open);
    builder.finish()
  }

  #[inline]
  pub fn open(&self) -> i64 {
    // Safety:
    // Created from valid Table for this object
    // which contains a valid value in this slot
    unsafe { self._tab.get::<i64>(Stats24h::VT_OPEN, Some(0)).unwrap()}
  }
  #[inline]
  pub fn high(&self) -> i64 {
    // Safety:
    // Created from valid Table for this object
    // which contains a valid value in this slot
    unsafe { self._tab.get::<i64>(Stats24h::VT_HIGH, Some(0)).unwrap()}
  }
  #[inline]
  pub fn low(&self) -> i64 {
    // Safety:
    // Created from valid Table for this object
    // which contains a valid value in this slot
    unsafe { self._tab.get::<i64>(Stats24h::VT_LOW, Some(0)).unwrap()}
  }
  #[inline]
  pub fn close(&self) -> i64 {
    // Safety:
    // Created from valid Table for this object
    // which contains a valid value in this slot
    unsafe { self._tab.get::<i64>(Stats24h::VT_CLOSE, Some(0)).unwrap()}
  }
  #[inline]
  pub fn volume(&self) -> i64 {
    // Safety:
    // Created from valid Table for this object
    // which contains a valid value in this slot
    unsafe { self._tab.get::<i64>(Stats24h::VT_VOLUME, Some(0)).unwrap()}
  }
  #[inline]
  pub fn count(&self) -> u64 {
    // Safety:
    // Created from valid Table for this object
    // which contains a valid value in this slot
    unsafe { self._tab.get::<u64>(Stats24h::VT_COUNT, Some(0)).unwrap()}
  }
}

impl ::flatbuffers::Verifiable for Stats24h<'_> {
  #[inline]
  fn run_verifier(
    v: &mut ::flatbuffers::Verifier, pos: usize
  ) -> Result<(), ::flatbuffers::InvalidFlatbuffer> {
    v.visit_table(pos)?
     .visit_field::<i64>("open", Self::VT_OPEN, false)?
     .visit_field::<i64>("high", Self::VT_HIGH, false)?
     .visit_field::<i64>("low", Self::VT_LOW, false)?
     .visit_field::<i64>("close", Self::VT_CLOSE, false)?
     .visit_field::<i64>("volume", Self::VT_VOLUME, false)?
     .visit_field::<u64>("count", Self::VT_COUNT, false)?
     .finish();
    Ok(())
  }
}
pub struct Stats24hArgs {
    pub open: i64,
    pub high: i64,
    pub low: i64,
    pub close: i64,
    pub volume: i64,
    pub count: u64,
}
impl<'a> Default for Stats24hArgs {
  #[inline]
  fn default() -> Self {
    Stats24hArgs {
      open: 0,
      high: 0,
      low: 0,
      close: 0,
      volume: 0,
      count: 0,
    }
  }
}

pub struct Stats24hBuilder<'a: 'b, 'b, A: ::flatbuffers::Allocator + 'a> {
  fbb_: &'b mut ::flatbuffers::FlatBufferBuilder<'a, A>,
  start_: ::flatbuffers::WIPOffset<::flatbuffers::TableUnfinishedWIPOffset>,
}
impl<'a: 'b, 'b, A: ::flatbuffers::Allocator + 'a> Stats24hBuilder<'a, 'b, A> {
  #[inline]
  pub fn add_open(&mut self, open: i64) {
    self.fbb_.push_slot::<i64>(Stats24h::VT_OPEN, open, 0);
  }
  #[inline]
  pub fn add_high(&mut self, high: i64) {
    self.fbb_.push_slot::<i64>(Stats24h::VT_HIGH, high, 0);
  }
  #[inline]
  pub fn add_low(&mut self, low: i64) {
    self.fbb_.push_slot::<i64>(Stats24h::VT_LOW, low, 0);
  }
  #[inline]
  pub fn add_close(&mut self, close: i64) {
    self.fbb_.push_slot::<i64>(Stats24h::VT_CLOSE, close, 0);
  }
  #[inline]
  pub fn add_volume(&mut self, volume: i64) {
    self.fbb_.push_slot::<i64>(Stats24h::VT_VOLUME, volume, 0);
  }
  #[inline]
  pub fn add_count(&mut self, count: u64) {
    self.fbb_.push_slot::<u64>(Stats24h::VT_COUNT, count, 0);
  }
  #[inline]
  pub fn new(_fbb: &'b mut ::flatbuffers::FlatBufferBuilder<'a, A>) -> Stats24hBuilder<'a, 'b, A> {
    let start = _fbb.start_table();
    Stats24hBuilder {
      fbb_: _fbb,
      start_: start,
    }
  }
  #[inline]
  pub fn finish(self) -> ::flatbuffers::WIPOffset<Stats24h<'a>> {
    let o = self.fbb_.end_table(self.start_);
    ::flatbuffers::WIPOffset::new(o.value())
  }
}

impl ::core::fmt::Debug for Stats24h<'_> {
  fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
    let mut ds = f.debug_struct("Stats24h");
      ds.field("open", &self.open());
      ds.field("high", &self.high());
      ds.field("low", &self.low());
      ds.field("close", &self.close());
      ds.field("volume", &self.volume());
      ds.field("count", &self.count());
      ds.finish()
  }
}
pub enum InstrumentOffset {}
#[derive(Copy, Clone, PartialEq)]

/// Definition of the instrument, sent when it changes.
pub struct Instrument<'a> {
  pub _tab: ::flatbuffers::Table<'a>,
}

impl<'a> ::flatbuffers::Follow<'a> for Instrument<'a> {
  type Inner = Instrument<'a>;
  #[inline]
  unsafe fn follow(buf: &'a [u8], loc: usize) -> Self::Inner {
    Self { _tab: unsafe { ::flatbuffers::Table::new(buf, loc) } }
  }
}

impl<'a> Instrument<'a> {
  pub const VT_TICK_SIZE: ::flatbuffers::VOffsetT = 4;
  pub const VT_LOT_SIZE: ::flatbuffers::VOffsetT = 6;
  pub const VT_TRADING_STATE: ::flatbuffers::VOffsetT = 8;
  pub const VT_CHANGE_COUNT: ::flatbuffers::VOffsetT = 10;

  #[inline]
  pub unsafe fn init_from_table(table: ::flatbuffers::Table<'a>) -> Self {
    Instrument { _tab: table }
  }
  #[allow(unused_mut)]
  pub fn create<'bldr: 'args, 'args: 'mut_bldr, 'mut_bldr, A: ::flatbuffers::Allocator + 'bldr>(
    _fbb: &'mut_bldr mut ::flatbuffers::FlatBufferBuilder<'bldr, A>,
    args: &'args InstrumentArgs
  ) -> ::flatbuffers::WIPOffset<Instrument<'bldr>> {
    let mut builder = InstrumentBuilder::new(_fbb);
    builder.add_lot_size(args.lot_size);
    builder.add_tick_size(args.tick_size);
    builder.add_change_count(args.change_count);
    builder.add_trading_state(args.trading_state);
    builder.finish()
  }

  #[inline]
  pub fn tick_size(&self) -> i64 {
    // Safety:
    // Created from valid Table for this object
    // which contains a valid value in this slot
    unsafe { self._tab.get::<i64>(Instrument::VT_TICK_SIZE, Some(0)).unwrap()}
  }
  #[inline]
  pub fn lot_size(&self) -> i64 {
    // Safety:
    // Created from valid Table for this object
    // which contains a valid value in this slot
    unsafe { self._tab.get::<i64>(Instrument::VT_LOT_SIZE, Some(0)).unwrap()}
  }
  #[inline]
  pub fn trading_state(&self) -> TradingState {
    // Safety:
    // Created from valid Table for this object
    // which contains a valid value in this slot
    unsafe { self._tab.get::<TradingState>(Instrument::VT_TRADING_STATE, Some(TradingState::Unknown)).unwrap()}
  }
  #[inline]
  pub fn change_count(&self) -> u32 {
    // Safety:
    // Created from valid Table for this object
    // which contains a valid value in this slot
    unsafe { self._tab.get::<u32>(Instrument::VT_CHANGE_COUNT, Some(0)).unwrap()}
  }
}

impl ::flatbuffers::Verifiable for Instrument<'_> {
  #[inline]
  fn run_verifier(
    v: &mut ::flatbuffers::Verifier, pos: usize
  ) -> Result<(), ::flatbuffers::InvalidFlatbuffer> {
    v.visit_table(pos)?
     .visit_field::<i64>("tick_size", Self::VT_TICK_SIZE, false)?
     .visit_field::<i64>("lot_size", Self::VT_LOT_SIZE, false)?
     .visit_field::<TradingState>("trading_state", Self::VT_TRADING_STATE, false)?
     .visit_field::<u32>("change_count", Self::VT_CHANGE_COUNT, false)?
     .finish();
    Ok(())
  }
}
pub struct InstrumentArgs {
    pub tick_size: i64,
    pub lot_size: i64,
    pub trading_state: TradingState,
    pub change_count: u32,
}
impl<'a> Default for InstrumentArgs {
  #[inline]
  fn default() -> Self {
    InstrumentArgs {
      tick_size: 0,
      lot_size: 0,
      trading_state: TradingState::Unknown,
      change_count: 0,
    }
  }
}

pub struct InstrumentBuilder<'a: 'b, 'b, A: ::flatbuffers::Allocator + 'a> {
  fbb_: &'b mut ::flatbuffers::FlatBufferBuilder<'a, A>,
  start_: ::flatbuffers::WIPOffset<::flatbuffers::TableUnfinishedWIPOffset>,
}
impl<'a: 'b, 'b, A: ::flatbuffers::Allocator + 'a> InstrumentBuilder<'a, 'b, A> {
  #[inline]
  pub fn add_tick_size(&mut self, tick_size: i64) {
    self.fbb_.push_slot::<i64>(Instrument::VT_TICK_SIZE, tick_size, 0);
  }
  #[inline]
  pub fn add_lot_size(&mut self, lot_size: i64) {
    self.fbb_.push_slot::<i64>(Instrument::VT_LOT_SIZE, lot_size, 0);
  }
  #[inline]
  pub fn add_trading_state(&mut self, trading_state: TradingState) {
    self.fbb_.push_slot::<TradingState>(Instrument::VT_TRADING_STATE, trading_state, TradingState::Unknown);
  }
  #[inline]
  pub fn add_change_count(&mut self, change_count: u32) {
    self.fbb_.push_slot::<u32>(Instrument::VT_CHANGE_COUNT, change_count, 0);
  }
  #[inline]
  pub fn new(_fbb: &'b mut ::flatbuffers::FlatBufferBuilder<'a, A>) -> InstrumentBuilder<'a, 'b, A> {
    let start = _fbb.start_table();
    InstrumentBuilder {
      fbb_: _fbb,
      start_: start,
    }
  }
  #[inline]
  pub fn finish(self) -> ::flatbuffers::WIPOffset<Instrument<'a>> {
    let o = self.fbb_.end_table(self.start_);
    ::flatbuffers::WIPOffset::new(o.value())
  }
}

impl ::core::fmt::Debug for Instrument<'_> {
  fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
    let mut ds = f.debug_struct("Instrument");
      ds.field("tick_size", &self.tick_size());
      ds.field("lot_size", &self.lot_size());
      ds.field("trading_state", &self.trading_state());
      ds.field("change_count", &self.change_count());
      ds.finish()
  }
}
pub enum SkippedOffset {}
#[derive(Copy, Clone, PartialEq)]

/// What this topic's stream passed over. On a book topic the client's book is void until the next BookSnapshot.
pub struct Skipped<'a> {
  pub _tab: ::flatbuffers::Table<'a>,
}

impl<'a> ::flatbuffers::Follow<'a> for Skipped<'a> {
  type Inner = Skipped<'a>;
  #[inline]
  unsafe fn follow(buf: &'a [u8], loc: usize) -> Self::Inner {
    Self { _tab: unsafe { ::flatbuffers::Table::new(buf, loc) } }
  }
}

impl<'a> Skipped<'a> {
  pub const VT_REASON: ::flatbuffers::VOffsetT = 4;
  pub const VT_FROM: ::flatbuffers::VOffsetT = 6;
  pub const VT_TO: ::flatbuffers::VOffsetT = 8;
  pub const VT_COUNT: ::flatbuffers::VOffsetT = 10;

  #[inline]
  pub unsafe fn init_from_table(table: ::flatbuffers::Table<'a>) -> Self {
    Skipped { _tab: table }
  }
  #[allow(unused_mut)]
  pub fn create<'bldr: 'args, 'args: 'mut_bldr, 'mut_bldr, A: ::flatbuffers::Allocator + 'bldr>(
    _fbb: &'mut_bldr mut ::flatbuffers::FlatBufferBuilder<'bldr, A>,
    args: &'args SkippedArgs
  ) -> ::flatbuffers::WIPOffset<Skipped<'bldr>> {
    let mut builder = SkippedBuilder::new(_fbb);
    builder.add_count(args.count);
    builder.add_to(args.to);
    builder.add_from(args.from);
    builder.add_reason(args.reason);
    builder.finish()
  }

  #[inline]
  pub fn reason(&self) -> SkipReason {
    // Safety:
    // Created from valid Table for this object
    // which contains a valid value in this slot
    unsafe { self._tab.get::<SkipReason>(Skipped::VT_REASON, Some(SkipReason::Unknown)).unwrap()}
  }
  #[inline]
  pub fn from(&self) -> u64 {
    // Safety:
    // Created from valid Table for this object
    // which contains a valid value in this slot
    unsafe { self._tab.get::<u64>(Skipped::VT_FROM, Some(0)).unwrap()}
  }
  #[inline]
  pub fn to(&self) -> u64 {
    // Safety:
    // Created from valid Table for this object
    // which contains a valid value in this slot
    unsafe { self._tab.get::<u64>(Skipped::VT_TO, Some(0)).unwrap()}
  }
  #[inline]
  pub fn count(&self) -> u64 {
    // Safety:
    // Created from valid Table for this object
    // which contains a valid value in this slot
    unsafe { self._tab.get::<u64>(Skipped::VT_COUNT, Some(0)).unwrap()}
  }
}

impl ::flatbuffers::Verifiable for Skipped<'_> {
  #[inline]
  fn run_verifier(
    v: &mut ::flatbuffers::Verifier, pos: usize
  ) -> Result<(), ::flatbuffers::InvalidFlatbuffer> {
    v.visit_table(pos)?
     .visit_field::<SkipReason>("reason", Self::VT_REASON, false)?
     .visit_field::<u64>("from", Self::VT_FROM, false)?
     .visit_field::<u64>("to", Self::VT_TO, false)?
     .visit_field::<u64>("count", Self::VT_COUNT, false)?
     .finish();
    Ok(())
  }
}
pub struct SkippedArgs {
    pub reason: SkipReason,
    pub from: u64,
    pub to: u64,
    pub count: u64,
}
impl<'a> Default for SkippedArgs {
  #[inline]
  fn default() -> Self {
    SkippedArgs {
      reason: SkipReason::Unknown,
      from: 0,
      to: 0,
      count: 0,
    }
  }
}

pub struct SkippedBuilder<'a: 'b, 'b, A: ::flatbuffers::Allocator + 'a> {
  fbb_: &'b mut ::flatbuffers::FlatBufferBuilder<'a, A>,
  start_: ::flatbuffers::WIPOffset<::flatbuffers::TableUnfinishedWIPOffset>,
}
impl<'a: 'b, 'b, A: ::flatbuffers::Allocator + 'a> SkippedBuilder<'a, 'b, A> {
  #[inline]
  pub fn add_reason(&mut self, reason: SkipReason) {
    self.fbb_.push_slot::<SkipReason>(Skipped::VT_REASON, reason, SkipReason::Unknown);
  }
  #[inline]
  pub fn add_from(&mut self, from: u64) {
    self.fbb_.push_slot::<u64>(Skipped::VT_FROM, from, 0);
  }
  #[inline]
  pub fn add_to(&mut self, to: u64) {
    self.fbb_.push_slot::<u64>(Skipped::VT_TO, to, 0);
  }
  #[inline]
  pub fn add_count(&mut self, count: u64) {
    self.fbb_.push_slot::<u64>(Skipped::VT_COUNT, count, 0);
  }
  #[inline]
  pub fn new(_fbb: &'b mut ::flatbuffers::FlatBufferBuilder<'a, A>) -> SkippedBuilder<'a, 'b, A> {
    let start = _fbb.start_table();
    SkippedBuilder {
      fbb_: _fbb,
      start_: start,
    }
  }
  #[inline]
  pub fn finish(self) -> ::flatbuffers::WIPOffset<Skipped<'a>> {
    let o = self.fbb_.end_table(self.start_);
    ::flatbuffers::WIPOffset::new(o.value())
  }
}

impl ::core::fmt::Debug for Skipped<'_> {
  fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
    let mut ds = f.debug_struct("Skipped");
      ds.field("reason", &self.reason());
      ds.field("from", &self.from());
      ds.field("to", &self.to());
      ds.field("count", &self.count());
      ds.finish()
  }
}
pub enum BarOffset {}
#[derive(Copy, Clone, PartialEq)]

/// A candle of our own trades as it is now; each message of it replaces the one before.
pub struct Bar<'a> {
  pub _tab: ::flatbuffers::Table<'a>,
}

impl<'a> ::flatbuffers::Follow<'a> for Bar<'a> {
  type Inner = Bar<'a>;
  #[inline]
  unsafe fn follow(buf: &'a [u8], loc: usize) -> Self::Inner {
    Self { _tab: unsafe { ::flatbuffers::Table::new(buf, loc) } }
  }
}

impl<'a> Bar<'a> {
  pub const VT_SECONDS: ::flatbuffers::VOffsetT = 4;
  pub const VT_START: ::flatbuffers::VOffsetT = 6;
  pub const VT_OPEN: ::flatbuffers::VOffsetT = 8;
  pub const VT_HIGH: ::flatbuffers::VOffsetT = 10;
  pub const VT_LOW: ::flatbuffers::VOffsetT = 12;
  pub const VT_CLOSE: ::flatbuffers::VOffsetT = 14;
  pub const VT_VOLUME: ::flatbuffers::VOffsetT = 16;
  pub const VT_COUNT: ::flatbuffers::VOffsetT = 18;
  pub const VT_LATE: ::flatbuffers::VOffsetT = 20;
  pub const VT_CLOSED: ::flatbuffers::VOffsetT = 22;

  #[inline]
  pub unsafe fn init_from_table(table: ::flatbuffers::Table<'a>) -> Self {
    Bar { _tab: table }
  }
  #[allow(unused_mut)]
  pub fn create<'bldr: 'args, 'args: 'mut_bldr, 'mut_bldr, A: ::flatbuffers::Allocator + 'bldr>(
    _fbb: &'mut_bldr mut ::flatbuffers::FlatBufferBuilder<'bldr, A>,
    args: &'args BarArgs
  ) -> ::flatbuffers::WIPOffset<Bar<'bldr>> {
    let mut builder = BarBuilder::new(_fbb);
    builder.add_count(args.count);
    builder.add_volume(args.volume);
    builder.add_close(args.close);
    builder.add_low(args.low);
    builder.add_high(args.high);
    builder.add_open(args.open);
    builder.add_start(args.start);
    builder.add_late(args.late);
    builder.add_seconds(args.seconds);
    builder.add_closed(args.closed);
    builder.finish()
  }

  /// Length of its interval.
  #[inline]
  pub fn seconds(&self) -> u32 {
    // Safety:
    // Created from valid Table for this object
    // which contains a valid value in this slot
    unsafe { self._tab.get::<u32>(Bar::VT_SECONDS, Some(0)).unwrap()}
  }
  /// Beginning of its interval, ns since the UNIX epoch.
  #[inline]
  pub fn start(&self) -> u64 {
    // Safety:
    // Created from valid Table for this object
    // which contains a valid value in this slot
    unsafe { self._tab.get::<u64>(Bar::VT_START, Some(0)).unwrap()}
  }
  #[inline]
  pub fn open(&self) -> i64 {
    // Safety:
    // Created from valid Table for this object
    // which contains a valid value in this slot
    unsafe { self._tab.get::<i64>(Bar::VT_OPEN, Some(0)).unwrap()}
  }
  #[inline]
  pub fn high(&self) -> i64 {
    // Safety:
    // Created from valid Table for this object
    // which contains a valid value in this slot
    unsafe { self._tab.get::<i64>(Bar::VT_HIGH, Some(0)).unwrap()}
  }
  #[inline]
  pub fn low(&self) -> i64 {
    // Safety:
    // Created from valid Table for this object
    // which contains a valid value in this slot
    unsafe { self._tab.get::<i64>(Bar::VT_LOW, Some(0)).unwrap()}
  }
  #[inline]
  pub fn close(&self) -> i64 {
    // Safety:
    // Created from valid Table for this object
    // which contains a valid value in this slot
    unsafe { self._tab.get::<i64>(Bar::VT_CLOSE, Some(0)).unwrap()}
  }
  #[inline]
  pub fn volume(&self) -> i64 {
    // Safety:
    // Created from valid Table for this object
    // which contains a valid value in this slot
    unsafe { self._tab.get::<i64>(Bar::VT_VOLUME, Some(0)).unwrap()}
  }
  #[inline]
  pub fn count(&self) -> u64 {
    // Safety:
    // Created from valid Table for this object
    // which contains a valid value in this slot
    unsafe { self._tab.get::<u64>(Bar::VT_COUNT, Some(0)).unwrap()}
  }
  /// Trades among them that came after it was closed.
  #[inline]
  pub fn late(&self) -> u32 {
    // Safety:
    // Created from valid Table for this object
    // which contains a valid value in this slot
    unsafe { self._tab.get::<u32>(Bar::VT_LATE, Some(0)).unwrap()}
  }
  #[inline]
  pub fn closed(&self) -> bool {
    // Safety:
    // Created from valid Table for this object
    // which contains a valid value in this slot
    unsafe { self._tab.get::<bool>(Bar::VT_CLOSED, Some(false)).unwrap()}
  }
}

impl ::flatbuffers::Verifiable for Bar<'_> {
  #[inline]
  fn run_verifier(
    v: &mut ::flatbuffers::Verifier, pos: usize
  ) -> Result<(), ::flatbuffers::InvalidFlatbuffer> {
    v.visit_table(pos)?
     .visit_field::<u32>("seconds", Self::VT_SECONDS, false)?
     .visit_field::<u64>("start", Self::VT_START, false)?
     .visit_field::<i64>("open", Self::VT_OPEN, false)?
     .visit_field::<i64>("high", Self::VT_HIGH, false)?
     .visit_field::<i64>("low", Self::VT_LOW, false)?
     .visit_field::<i64>("close", Self::VT_CLOSE, false)?
     .visit_field::<i64>("volume", Self::VT_VOLUME, false)?
     .visit_field::<u64>("count", Self::VT_COUNT, false)?
     .visit_field::<u32>("late", Self::VT_LATE, false)?
     .visit_field::<bool>("closed", Self::VT_CLOSED, false)?
     .finish();
    Ok(())
  }
}
pub struct BarArgs {
    pub seconds: u32,
    pub start: u64,
    pub open: i64,
    pub high: i64,
    pub low: i64,
    pub close: i64,
    pub volume: i64,
    pub count: u64,
    pub late: u32,
    pub closed: bool,
}
impl<'a> Default for BarArgs {
  #[inline]
  fn default() -> Self {
    BarArgs {
      seconds: 0,
      start: 0,
      open: 0,
      high: 0,
      low: 0,
      close: 0,
      volume: 0,
      count: 0,
      late: 0,
      closed: false,
    }
  }
}

pub struct BarBuilder<'a: 'b, 'b, A: ::flatbuffers::Allocator + 'a> {
  fbb_: &'b mut ::flatbuffers::FlatBufferBuilder<'a, A>,
  start_: ::flatbuffers::WIPOffset<::flatbuffers::TableUnfinishedWIPOffset>,
}
impl<'a: 'b, 'b, A: ::flatbuffers::Allocator + 'a> BarBuilder<'a, 'b, A> {
  #[inline]
  pub fn add_seconds(&mut self, seconds: u32) {
    self.fbb_.push_slot::<u32>(Bar::VT_SECONDS, seconds, 0);
  }
  #[inline]
  pub fn add_start(&mut self, start: u64) {
    self.fbb_.push_slot::<u64>(Bar::VT_START, start, 0);
  }
  #[inline]
  pub fn add_open(&mut self, open: i64) {
    self.fbb_.push_slot::<i64>(Bar::VT_OPEN, open, 0);
  }
  #[inline]
  pub fn add_high(&mut self, high: i64) {
    self.fbb_.push_slot::<i64>(Bar::VT_HIGH, high, 0);
  }
  #[inline]
  pub fn add_low(&mut self, low: i64) {
    self.fbb_.push_slot::<i64>(Bar::VT_LOW, low, 0);
  }
  #[inline]
  pub fn add_close(&mut self, close: i64) {
    self.fbb_.push_slot::<i64>(Bar::VT_CLOSE, close, 0);
  }
  #[inline]
  pub fn add_volume(&mut self, volume: i64) {
    self.fbb_.push_slot::<i64>(Bar::VT_VOLUME, volume, 0);
  }
  #[inline]
  pub fn add_count(&mut self, count: u64) {
    self.fbb_.push_slot::<u64>(Bar::VT_COUNT, count, 0);
  }
  #[inline]
  pub fn add_late(&mut self, late: u32) {
    self.fbb_.push_slot::<u32>(Bar::VT_LATE, late, 0);
  }
  #[inline]
  pub fn add_closed(&mut self, closed: bool) {
    self.fbb_.push_slot::<bool>(Bar::VT_CLOSED, closed, false);
  }
  #[inline]
  pub fn new(_fbb: &'b mut ::flatbuffers::FlatBufferBuilder<'a, A>) -> BarBuilder<'a, 'b, A> {
    let start = _fbb.start_table();
    BarBuilder {
      fbb_: _fbb,
      start_: start,
    }
  }
  #[inline]
  pub fn finish(self) -> ::flatbuffers::WIPOffset<Bar<'a>> {
    let o = self.fbb_.end_table(self.start_);
    ::flatbuffers::WIPOffset::new(o.value())
  }
}

impl ::core::fmt::Debug for Bar<'_> {
  fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
    let mut ds = f.debug_struct("Bar");
      ds.field("seconds", &self.seconds());
      ds.field("start", &self.start());
      ds.field("open", &self.open());
      ds.field("high", &self.high());
      ds.field("low", &self.low());
      ds.field("close", &self.close());
      ds.field("volume", &self.volume());
      ds.field("count", &self.count());
      ds.field("late", &self.late());
      ds.field("closed", &self.closed());
      ds.finish()
  }
}
pub enum MarkPriceOffset {}
#[derive(Copy, Clone, PartialEq)]

/// The price that positions are valued at. Exponents of this and the next four are their own, not those of the message.
pub struct MarkPrice<'a> {
  pub _tab: ::flatbuffers::Table<'a>,
}

impl<'a> ::flatbuffers::Follow<'a> for MarkPrice<'a> {
  type Inner = MarkPrice<'a>;
  #[inline]
  unsafe fn follow(buf: &'a [u8], loc: usize) -> Self::Inner {
    Self { _tab: unsafe { ::flatbuffers::Table::new(buf, loc) } }
  }
}

impl<'a> MarkPrice<'a> {
  pub const VT_PRICE: ::flatbuffers::VOffsetT = 4;
  pub const VT_EXPONENT: ::flatbuffers::VOffsetT = 6;

  #[inline]
  pub unsafe fn init_from_table(table: ::flatbuffers::Table<'a>) -> Self {
    MarkPrice { _tab: table }
  }
  #[allow(unused_mut)]
  pub fn create<'bldr: 'args, 'args: 'mut_bldr, 'mut_bldr, A: ::flatbuffers::Allocator + 'bldr>(
    _fbb: &'mut_bldr mut ::flatbuffers::FlatBufferBuilder<'bldr, A>,
    args: &'args MarkPriceArgs
  ) -> ::flatbuffers::WIPOffset<MarkPrice<'bldr>> {
    let mut builder = MarkPriceBuilder::new(_fbb);
    builder.add_price(args.price);
    builder.add_exponent(args.exponent);
    builder.finish()
  }

  #[inline]
  pub fn price(&self) -> i64 {
    // Safety:
    // Created from valid Table for this object
    // which contains a valid value in this slot
    unsafe { self._tab.get::<i64>(MarkPrice::VT_PRICE, Some(0)).unwrap()}
  }
  #[inline]
  pub fn exponent(&self) -> i8 {
    // Safety:
    // Created from valid Table for this object
    // which contains a valid value in this slot
    unsafe { self._tab.get::<i8>(MarkPrice::VT_EXPONENT, Some(0)).unwrap()}
  }
}

impl ::flatbuffers::Verifiable for MarkPrice<'_> {
  #[inline]
  fn run_verifier(
    v: &mut ::flatbuffers::Verifier, pos: usize
  ) -> Result<(), ::flatbuffers::InvalidFlatbuffer> {
    v.visit_table(pos)?
     .visit_field::<i64>("price", Self::VT_PRICE, false)?
     .visit_field::<i8>("exponent", Self::VT_EXPONENT, false)?
     .finish();
    Ok(())
  }
}
pub struct MarkPriceArgs {
    pub price: i64,
    pub exponent: i8,
}
impl<'a> Default for MarkPriceArgs {
  #[inline]
  fn default() -> Self {
    MarkPriceArgs {
      price: 0,
      exponent: 0,
    }
  }
}

pub struct MarkPriceBuilder<'a: 'b, 'b, A: ::flatbuffers::Allocator + 'a> {
  fbb_: &'b mut ::flatbuffers::FlatBufferBuilder<'a, A>,
  start_: ::flatbuffers::WIPOffset<::flatbuffers::TableUnfinishedWIPOffset>,
}
impl<'a: 'b, 'b, A: ::flatbuffers::Allocator + 'a> MarkPriceBuilder<'a, 'b, A> {
  #[inline]
  pub fn add_price(&mut self, price: i64) {
    self.fbb_.push_slot::<i64>(MarkPrice::VT_PRICE, price, 0);
  }
  #[inline]
  pub fn add_exponent(&mut self, exponent: i8) {
    self.fbb_.push_slot::<i8>(MarkPrice::VT_EXPONENT, exponent, 0);
  }
  #[inline]
  pub fn new(_fbb: &'b mut ::flatbuffers::FlatBufferBuilder<'a, A>) -> MarkPriceBuilder<'a, 'b, A> {
    let start = _fbb.start_table();
    MarkPriceBuilder {
      fbb_: _fbb,
      start_: start,
    }
  }
  #[inline]
  pub fn finish(self) -> ::flatbuffers::WIPOffset<MarkPrice<'a>> {
    let o = self.fbb_.end_table(self.start_);
    ::flatbuffers::WIPOffset::new(o.value())
  }
}

impl ::core::fmt::Debug for MarkPrice<'_> {
  fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
    let mut ds = f.debug_struct("MarkPrice");
      ds.field("price", &self.price());
      ds.field("exponent", &self.exponent());
      ds.finish()
  }
}
pub enum IndexPriceOffset {}
#[derive(Copy, Clone, PartialEq)]

/// The price of the underlying.
pub struct IndexPrice<'a> {
  pub _tab: ::flatbuffers::Table<'a>,
}

impl<'a> ::flatbuffers::Follow<'a> for IndexPrice<'a> {
  type Inner = IndexPrice<'a>;
  #[inline]
  unsafe fn follow(buf: &'a [u8], loc: usize) -> Self::Inner {
    Self { _tab: unsafe { ::flatbuffers::Table::new(buf, loc) } }
  }
}

impl<'a> IndexPrice<'a> {
  pub const VT_PRICE: ::flatbuffers::VOffsetT = 4;
  pub const VT_EXPONENT: ::flatbuffers::VOffsetT = 6;

  #[inline]
  pub unsafe fn init_from_table(table: ::flatbuffers::Table<'a>) -> Self {
    IndexPrice { _tab: table }
  }
  #[allow(unused_mut)]
  pub fn create<'bldr: 'args, 'args: 'mut_bldr, 'mut_bldr, A: ::flatbuffers::Allocator + 'bldr>(
    _fbb: &'mut_bldr mut ::flatbuffers::FlatBufferBuilder<'bldr, A>,
    args: &'args IndexPriceArgs
  ) -> ::flatbuffers::WIPOffset<IndexPrice<'bldr>> {
    let mut builder = IndexPriceBuilder::new(_fbb);
    builder.add_price(args.price);
    builder.add_exponent(args.exponent);
    builder.finish()
  }

  #[inline]
  pub fn price(&self) -> i64 {
    // Safety:
    // Created from valid Table for this object
    // which contains a valid value in this slot
    unsafe { self._tab.get::<i64>(IndexPrice::VT_PRICE, Some(0)).unwrap()}
  }
  #[inline]
  pub fn exponent(&self) -> i8 {
    // Safety:
    // Created from valid Table for this object
    // which contains a valid value in this slot
    unsafe { self._tab.get::<i8>(IndexPrice::VT_EXPONENT, Some(0)).unwrap()}
  }
}

impl ::flatbuffers::Verifiable for IndexPrice<'_> {
  #[inline]
  fn run_verifier(
    v: &mut ::flatbuffers::Verifier, pos: usize
  ) -> Result<(), ::flatbuffers::InvalidFlatbuffer> {
    v.visit_table(pos)?
     .visit_field::<i64>("price", Self::VT_PRICE, false)?
     .visit_field::<i8>("exponent", Self::VT_EXPONENT, false)?
     .finish();
    Ok(())
  }
}
pub struct IndexPriceArgs {
    pub price: i64,
    pub exponent: i8,
}
impl<'a> Default for IndexPriceArgs {
  #[inline]
  fn default() -> Self {
    IndexPriceArgs {
      price: 0,
      exponent: 0,
    }
  }
}

pub struct IndexPriceBuilder<'a: 'b, 'b, A: ::flatbuffers::Allocator + 'a> {
  fbb_: &'b mut ::flatbuffers::FlatBufferBuilder<'a, A>,
  start_: ::flatbuffers::WIPOffset<::flatbuffers::TableUnfinishedWIPOffset>,
}
impl<'a: 'b, 'b, A: ::flatbuffers::Allocator + 'a> IndexPriceBuilder<'a, 'b, A> {
  #[inline]
  pub fn add_price(&mut self, price: i64) {
    self.fbb_.push_slot::<i64>(IndexPrice::VT_PRICE, price, 0);
  }
  #[inline]
  pub fn add_exponent(&mut self, exponent: i8) {
    self.fbb_.push_slot::<i8>(IndexPrice::VT_EXPONENT, exponent, 0);
  }
  #[inline]
  pub fn new(_fbb: &'b mut ::flatbuffers::FlatBufferBuilder<'a, A>) -> IndexPriceBuilder<'a, 'b, A> {
    let start = _fbb.start_table();
    IndexPriceBuilder {
      fbb_: _fbb,
      start_: start,
    }
  }
  #[inline]
  pub fn finish(self) -> ::flatbuffers::WIPOffset<IndexPrice<'a>> {
    let o = self.fbb_.end_table(self.start_);
    ::flatbuffers::WIPOffset::new(o.value())
  }
}

impl ::core::fmt::Debug for IndexPrice<'_> {
  fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
    let mut ds = f.debug_struct("IndexPrice");
      ds.field("price", &self.price());
      ds.field("exponent", &self.exponent());
      ds.finish()
  }
}
pub enum FundingOffset {}
#[derive(Copy, Clone, PartialEq)]

/// What holders of a perpetual future pay each other.
pub struct Funding<'a> {
  pub _tab: ::flatbuffers::Table<'a>,
}

impl<'a> ::flatbuffers::Follow<'a> for Funding<'a> {
  type Inner = Funding<'a>;
  #[inline]
  unsafe fn follow(buf: &'a [u8], loc: usize) -> Self::Inner {
    Self { _tab: unsafe { ::flatbuffers::Table::new(buf, loc) } }
  }
}

impl<'a> Funding<'a> {
  pub const VT_RATE: ::flatbuffers::VOffsetT = 4;
  pub const VT_EXPONENT: ::flatbuffers::VOffsetT = 6;
  pub const VT_INTERVAL_S: ::flatbuffers::VOffsetT = 8;
  pub const VT_NEXT_TS: ::flatbuffers::VOffsetT = 10;

  #[inline]
  pub unsafe fn init_from_table(table: ::flatbuffers::Table<'a>) -> Self {
    Funding { _tab: table }
  }
  #[allow(unused_mut)]
  pub fn create<'bldr: 'args, 'args: 'mut_bldr, 'mut_bldr, A: ::flatbuffers::Allocator + 'bldr>(
    _fbb: &'mut_bldr mut ::flatbuffers::FlatBufferBuilder<'bldr, A>,
    args: &'args FundingArgs
  ) -> ::flatbuffers::WIPOffset<Funding<'bldr>> {
    let mut builder = FundingBuilder::new(_fbb);
    builder.add_next_ts(args.next_ts);
    builder.add_rate(args.rate);
    builder.add_interval_s(args.interval_s);
    builder.add_exponent(args.exponent);
    builder.finish()
  }

  #[inline]
  pub fn rate(&self) -> i64 {
    // Safety:
    // Created from valid Table for this object
    // which contains a valid value in this slot
    unsafe { self._tab.get::<i64>(Funding::VT_RATE, Some(0)).unwrap()}
  }
  #[inline]
  pub fn exponent(&self) -> i8 {
    // Safety:
    // Created from valid Table for this object
    // which contains a valid value in this slot
    unsafe { self._tab.get::<i8>(Funding::VT_EXPONENT, Some(0)).unwrap()}
  }
  /// Length of the interval, s; 0 where the venue does not tell it.
  #[inline]
  pub fn interval_s(&self) -> u32 {
    // Safety:
    // Created from valid Table for this object
    // which contains a valid value in this slot
    unsafe { self._tab.get::<u32>(Funding::VT_INTERVAL_S, Some(0)).unwrap()}
  }
  /// When it is paid next, ns since the UNIX epoch; 0 where the venue does not tell it.
  #[inline]
  pub fn next_ts(&self) -> u64 {
    // Safety:
    // Created from valid Table for this object
    // which contains a valid value in this slot
    unsafe { self._tab.get::<u64>(Funding::VT_NEXT_TS, Some(0)).unwrap()}
  }
}

impl ::flatbuffers::Verifiable for Funding<'_> {
  #[inline]
  fn run_verifier(
    v: &mut ::flatbuffers::Verifier, pos: usize
  ) -> Result<(), ::flatbuffers::InvalidFlatbuffer> {
    v.visit_table(pos)?
     .visit_field::<i64>("rate", Self::VT_RATE, false)?
     .visit_field::<i8>("exponent", Self::VT_EXPONENT, false)?
     .visit_field::<u32>("interval_s", Self::VT_INTERVAL_S, false)?
     .visit_field::<u64>("next_ts", Self::VT_NEXT_TS, false)?
     .finish();
    Ok(())
  }
}
pub struct FundingArgs {
    pub rate: i64,
    pub exponent: i8,
    pub interval_s: u32,
    pub next_ts: u64,
}
impl<'a> Default for FundingArgs {
  #[inline]
  fn default() -> Self {
    FundingArgs {
      rate: 0,
      exponent: 0,
      interval_s: 0,
      next_ts: 0,
    }
  }
}

pub struct FundingBuilder<'a: 'b, 'b, A: ::flatbuffers::Allocator + 'a> {
  fbb_: &'b mut ::flatbuffers::FlatBufferBuilder<'a, A>,
  start_: ::flatbuffers::WIPOffset<::flatbuffers::TableUnfinishedWIPOffset>,
}
impl<'a: 'b, 'b, A: ::flatbuffers::Allocator + 'a> FundingBuilder<'a, 'b, A> {
  #[inline]
  pub fn add_rate(&mut self, rate: i64) {
    self.fbb_.push_slot::<i64>(Funding::VT_RATE, rate, 0);
  }
  #[inline]
  pub fn add_exponent(&mut self, exponent: i8) {
    self.fbb_.push_slot::<i8>(Funding::VT_EXPONENT, exponent, 0);
  }
  #[inline]
  pub fn add_interval_s(&mut self, interval_s: u32) {
    self.fbb_.push_slot::<u32>(Funding::VT_INTERVAL_S, interval_s, 0);
  }
  #[inline]
  pub fn add_next_ts(&mut self, next_ts: u64) {
    self.fbb_.push_slot::<u64>(Funding::VT_NEXT_TS, next_ts, 0);
  }
  #[inline]
  pub fn new(_fbb: &'b mut ::flatbuffers::FlatBufferBuilder<'a, A>) -> FundingBuilder<'a, 'b, A> {
    let start = _fbb.start_table();
    FundingBuilder {
      fbb_: _fbb,
      start_: start,
    }
  }
  #[inline]
  pub fn finish(self) -> ::flatbuffers::WIPOffset<Funding<'a>> {
    let o = self.fbb_.end_table(self.start_);
    ::flatbuffers::WIPOffset::new(o.value())
  }
}

impl ::core::fmt::Debug for Funding<'_> {
  fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
    let mut ds = f.debug_struct("Funding");
      ds.field("rate", &self.rate());
      ds.field("exponent", &self.exponent());
      ds.field("interval_s", &self.interval_s());
      ds.field("next_ts", &self.next_ts());
      ds.finish()
  }
}
pub enum OpenInterestOffset {}
#[derive(Copy, Clone, PartialEq)]

/// Contracts that are open.
pub struct OpenInterest<'a> {
  pub _tab: ::flatbuffers::Table<'a>,
}

impl<'a> ::flatbuffers::Follow<'a> for OpenInterest<'a> {
  type Inner = OpenInterest<'a>;
  #[inline]
  unsafe fn follow(buf: &'a [u8], loc: usize) -> Self::Inner {
    Self { _tab: unsafe { ::flatbuffers::Table::new(buf, loc) } }
  }
}

impl<'a> OpenInterest<'a> {
  pub const VT_QTY: ::flatbuffers::VOffsetT = 4;
  pub const VT_QTY_EXPONENT: ::flatbuffers::VOffsetT = 6;
  pub const VT_VALUE: ::flatbuffers::VOffsetT = 8;
  pub const VT_VALUE_EXPONENT: ::flatbuffers::VOffsetT = 10;

  #[inline]
  pub unsafe fn init_from_table(table: ::flatbuffers::Table<'a>) -> Self {
    OpenInterest { _tab: table }
  }
  #[allow(unused_mut)]
  pub fn create<'bldr: 'args, 'args: 'mut_bldr, 'mut_bldr, A: ::flatbuffers::Allocator + 'bldr>(
    _fbb: &'mut_bldr mut ::flatbuffers::FlatBufferBuilder<'bldr, A>,
    args: &'args OpenInterestArgs
  ) -> ::flatbuffers::WIPOffset<OpenInterest<'bldr>> {
    let mut builder = OpenInterestBuilder::new(_fbb);
    builder.add_value(args.value);
    builder.add_qty(args.qty);
    builder.add_value_exponent(args.value_exponent);
    builder.add_qty_exponent(args.qty_exponent);
    builder.finish()
  }

  #[inline]
  pub fn qty(&self) -> i64 {
    // Safety:
    // Created from valid Table for this object
    // which contains a valid value in this slot
    unsafe { self._tab.get::<i64>(OpenInterest::VT_QTY, Some(0)).unwrap()}
  }
  #[inline]
  pub fn qty_exponent(&self) -> i8 {
    // Safety:
    // Created from valid Table for this object
    // which contains a valid value in this slot
    unsafe { self._tab.get::<i8>(OpenInterest::VT_QTY_EXPONENT, Some(0)).unwrap()}
  }
  /// Worth in the quote currency; 0 where the venue does not tell it.
  #[inline]
  pub fn value(&self) -> i64 {
    // Safety:
    // Created from valid Table for this object
    // which contains a valid value in this slot
    unsafe { self._tab.get::<i64>(OpenInterest::VT_VALUE, Some(0)).unwrap()}
  }
  #[inline]
  pub fn value_exponent(&self) -> i8 {
    // Safety:
    // Created from valid Table for this object
    // which contains a valid value in this slot
    unsafe { self._tab.get::<i8>(OpenInterest::VT_VALUE_EXPONENT, Some(0)).unwrap()}
  }
}

impl ::flatbuffers::Verifiable for OpenInterest<'_> {
  #[inline]
  fn run_verifier(
    v: &mut ::flatbuffers::Verifier, pos: usize
  ) -> Result<(), ::flatbuffers::InvalidFlatbuffer> {
    v.visit_table(pos)?
     .visit_field::<i64>("qty", Self::VT_QTY, false)?
     .visit_field::<i8>("qty_exponent", Self::VT_QTY_EXPONENT, false)?
     .visit_field::<i64>("value", Self::VT_VALUE, false)?
     .visit_field::<i8>("value_exponent", Self::VT_VALUE_EXPONENT, false)?
     .finish();
    Ok(())
  }
}
pub struct OpenInterestArgs {
    pub qty: i64,
    pub qty_exponent: i8,
    pub value: i64,
    pub value_exponent: i8,
}
impl<'a> Default for OpenInterestArgs {
  #[inline]
  fn default() -> Self {
    OpenInterestArgs {
      qty: 0,
      qty_exponent: 0,
      value: 0,
      value_exponent: 0,
    }
  }
}

pub struct OpenInterestBuilder<'a: 'b, 'b, A: ::flatbuffers::Allocator + 'a> {
  fbb_: &'b mut ::flatbuffers::FlatBufferBuilder<'a, A>,
  start_: ::flatbuffers::WIPOffset<::flatbuffers::TableUnfinishedWIPOffset>,
}
impl<'a: 'b, 'b, A: ::flatbuffers::Allocator + 'a> OpenInterestBuilder<'a, 'b, A> {
  #[inline]
  pub fn add_qty(&mut self, qty: i64) {
    self.fbb_.push_slot::<i64>(OpenInterest::VT_QTY, qty, 0);
  }
  #[inline]
  pub fn add_qty_exponent(&mut self, qty_exponent: i8) {
    self.fbb_.push_slot::<i8>(OpenInterest::VT_QTY_EXPONENT, qty_exponent, 0);
  }
  #[inline]
  pub fn add_value(&mut self, value: i64) {
    self.fbb_.push_slot::<i64>(OpenInterest::VT_VALUE, value, 0);
  }
  #[inline]
  pub fn add_value_exponent(&mut self, value_exponent: i8) {
    self.fbb_.push_slot::<i8>(OpenInterest::VT_VALUE_EXPONENT, value_exponent, 0);
  }
  #[inline]
  pub fn new(_fbb: &'b mut ::flatbuffers::FlatBufferBuilder<'a, A>) -> OpenInterestBuilder<'a, 'b, A> {
    let start = _fbb.start_table();
    OpenInterestBuilder {
      fbb_: _fbb,
      start_: start,
    }
  }
  #[inline]
  pub fn finish(self) -> ::flatbuffers::WIPOffset<OpenInterest<'a>> {
    let o = self.fbb_.end_table(self.start_);
    ::flatbuffers::WIPOffset::new(o.value())
  }
}

impl ::core::fmt::Debug for OpenInterest<'_> {
  fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
    let mut ds = f.debug_struct("OpenInterest");
      ds.field("qty", &self.qty());
      ds.field("qty_exponent", &self.qty_exponent());
      ds.field("value", &self.value());
      ds.field("value_exponent", &self.value_exponent());
      ds.finish()
  }
}
pub enum LiquidationOffset {}
#[derive(Copy, Clone, PartialEq)]

/// An order that closes a position without margin.
pub struct Liquidation<'a> {
  pub _tab: ::flatbuffers::Table<'a>,
}

impl<'a> ::flatbuffers::Follow<'a> for Liquidation<'a> {
  type Inner = Liquidation<'a>;
  #[inline]
  unsafe fn follow(buf: &'a [u8], loc: usize) -> Self::Inner {
    Self { _tab: unsafe { ::flatbuffers::Table::new(buf, loc) } }
  }
}

impl<'a> Liquidation<'a> {
  pub const VT_PRICE: ::flatbuffers::VOffsetT = 4;
  pub const VT_PRICE_EXPONENT: ::flatbuffers::VOffsetT = 6;
  pub const VT_QTY: ::flatbuffers::VOffsetT = 8;
  pub const VT_QTY_EXPONENT: ::flatbuffers::VOffsetT = 10;
  pub const VT_ID: ::flatbuffers::VOffsetT = 12;
  pub const VT_SIDE: ::flatbuffers::VOffsetT = 14;

  #[inline]
  pub unsafe fn init_from_table(table: ::flatbuffers::Table<'a>) -> Self {
    Liquidation { _tab: table }
  }
  #[allow(unused_mut)]
  pub fn create<'bldr: 'args, 'args: 'mut_bldr, 'mut_bldr, A: ::flatbuffers::Allocator + 'bldr>(
    _fbb: &'mut_bldr mut ::flatbuffers::FlatBufferBuilder<'bldr, A>,
    args: &'args LiquidationArgs
  ) -> ::flatbuffers::WIPOffset<Liquidation<'bldr>> {
    let mut builder = LiquidationBuilder::new(_fbb);
    builder.add_id(args.id);
    builder.add_qty(args.qty);
    builder.add_price(args.price);
    builder.add_side(args.side);
    builder.add_qty_exponent(args.qty_exponent);
    builder.add_price_exponent(args.price_exponent);
    builder.finish()
  }

  #[inline]
  pub fn price(&self) -> i64 {
    // Safety:
    // Created from valid Table for this object
    // which contains a valid value in this slot
    unsafe { self._tab.get::<i64>(Liquidation::VT_PRICE, Some(0)).unwrap()}
  }
  #[inline]
  pub fn price_exponent(&self) -> i8 {
    // Safety:
    // Created from valid Table for this object
    // which contains a valid value in this slot
    unsafe { self._tab.get::<i8>(Liquidation::VT_PRICE_EXPONENT, Some(0)).unwrap()}
  }
  #[inline]
  pub fn qty(&self) -> i64 {
    // Safety:
    // Created from valid Table for this object
    // which contains a valid value in this slot
    unsafe { self._tab.get::<i64>(Liquidation::VT_QTY, Some(0)).unwrap()}
  }
  #[inline]
  pub fn qty_exponent(&self) -> i8 {
    // Safety:
    // Created from valid Table for this object
    // which contains a valid value in this slot
    unsafe { self._tab.get::<i8>(Liquidation::VT_QTY_EXPONENT, Some(0)).unwrap()}
  }
  /// The venue's id; 0 where it tells none.
  #[inline]
  pub fn id(&self) -> u64 {
    // Safety:
    // Created from valid Table for this object
    // which contains a valid value in this slot
    unsafe { self._tab.get::<u64>(Liquidation::VT_ID, Some(0)).unwrap()}
  }
  #[inline]
  pub fn side(&self) -> Side {
    // Safety:
    // Created from valid Table for this object
    // which contains a valid value in this slot
    unsafe { self._tab.get::<Side>(Liquidation::VT_SIDE, Some(Side::Unknown)).unwrap()}
  }
}

impl ::flatbuffers::Verifiable for Liquidation<'_> {
  #[inline]
  fn run_verifier(
    v: &mut ::flatbuffers::Verifier, pos: usize
  ) -> Result<(), ::flatbuffers::InvalidFlatbuffer> {
    v.visit_table(pos)?
     .visit_field::<i64>("price", Self::VT_PRICE, false)?
     .visit_field::<i8>("price_exponent", Self::VT_PRICE_EXPONENT, false)?
     .visit_field::<i64>("qty", Self::VT_QTY, false)?
     .visit_field::<i8>("qty_exponent", Self::VT_QTY_EXPONENT, false)?
     .visit_field::<u64>("id", Self::VT_ID, false)?
     .visit_field::<Side>("side", Self::VT_SIDE, false)?
     .finish();
    Ok(())
  }
}
pub struct LiquidationArgs {
    pub price: i64,
    pub price_exponent: i8,
    pub qty: i64,
    pub qty_exponent: i8,
    pub id: u64,
    pub side: Side,
}
impl<'a> Default for LiquidationArgs {
  #[inline]
  fn default() -> Self {
    LiquidationArgs {
      price: 0,
      price_exponent: 0,
      qty: 0,
      qty_exponent: 0,
      id: 0,
      side: Side::Unknown,
    }
  }
}

pub struct LiquidationBuilder<'a: 'b, 'b, A: ::flatbuffers::Allocator + 'a> {
  fbb_: &'b mut ::flatbuffers::FlatBufferBuilder<'a, A>,
  start_: ::flatbuffers::WIPOffset<::flatbuffers::TableUnfinishedWIPOffset>,
}
impl<'a: 'b, 'b, A: ::flatbuffers::Allocator + 'a> LiquidationBuilder<'a, 'b, A> {
  #[inline]
  pub fn add_price(&mut self, price: i64) {
    self.fbb_.push_slot::<i64>(Liquidation::VT_PRICE, price, 0);
  }
  #[inline]
  pub fn add_price_exponent(&mut self, price_exponent: i8) {
    self.fbb_.push_slot::<i8>(Liquidation::VT_PRICE_EXPONENT, price_exponent, 0);
  }
  #[inline]
  pub fn add_qty(&mut self, qty: i64) {
    self.fbb_.push_slot::<i64>(Liquidation::VT_QTY, qty, 0);
  }
  #[inline]
  pub fn add_qty_exponent(&mut self, qty_exponent: i8) {
    self.fbb_.push_slot::<i8>(Liquidation::VT_QTY_EXPONENT, qty_exponent, 0);
  }
  #[inline]
  pub fn add_id(&mut self, id: u64) {
    self.fbb_.push_slot::<u64>(Liquidation::VT_ID, id, 0);
  }
  #[inline]
  pub fn add_side(&mut self, side: Side) {
    self.fbb_.push_slot::<Side>(Liquidation::VT_SIDE, side, Side::Unknown);
  }
  #[inline]
  pub fn new(_fbb: &'b mut ::flatbuffers::FlatBufferBuilder<'a, A>) -> LiquidationBuilder<'a, 'b, A> {
    let start = _fbb.start_table();
    LiquidationBuilder {
      fbb_: _fbb,
      start_: start,
    }
  }
  #[inline]
  pub fn finish(self) -> ::flatbuffers::WIPOffset<Liquidation<'a>> {
    let o = self.fbb_.end_table(self.start_);
    ::flatbuffers::WIPOffset::new(o.value())
  }
}

impl ::core::fmt::Debug for Liquidation<'_> {
  fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
    let mut ds = f.debug_struct("Liquidation");
      ds.field("price", &self.price());
      ds.field("price_exponent", &self.price_exponent());
      ds.field("qty", &self.qty());
      ds.field("qty_exponent", &self.qty_exponent());
      ds.field("id", &self.id());
      ds.field("side", &self.side());
      ds.finish()
  }
}
pub enum TradingStatusOffset {}
#[derive(Copy, Clone, PartialEq)]

/// Whether the market trades.
pub struct TradingStatus<'a> {
  pub _tab: ::flatbuffers::Table<'a>,
}

impl<'a> ::flatbuffers::Follow<'a> for TradingStatus<'a> {
  type Inner = TradingStatus<'a>;
  #[inline]
  unsafe fn follow(buf: &'a [u8], loc: usize) -> Self::Inner {
    Self { _tab: unsafe { ::flatbuffers::Table::new(buf, loc) } }
  }
}

impl<'a> TradingStatus<'a> {
  pub const VT_STATE: ::flatbuffers::VOffsetT = 4;

  #[inline]
  pub unsafe fn init_from_table(table: ::flatbuffers::Table<'a>) -> Self {
    TradingStatus { _tab: table }
  }
  #[allow(unused_mut)]
  pub fn create<'bldr: 'args, 'args: 'mut_bldr, 'mut_bldr, A: ::flatbuffers::Allocator + 'bldr>(
    _fbb: &'mut_bldr mut ::flatbuffers::FlatBufferBuilder<'bldr, A>,
    args: &'args TradingStatusArgs
  ) -> ::flatbuffers::WIPOffset<TradingStatus<'bldr>> {
    let mut builder = TradingStatusBuilder::new(_fbb);
    builder.add_state(args.state);
    builder.finish()
  }

  #[inline]
  pub fn state(&self) -> MarketState {
    // Safety:
    // Created from valid Table for this object
    // which contains a valid value in this slot
    unsafe { self._tab.get::<MarketState>(TradingStatus::VT_STATE, Some(MarketState::Unknown)).unwrap()}
  }
}

impl ::flatbuffers::Verifiable for TradingStatus<'_> {
  #[inline]
  fn run_verifier(
    v: &mut ::flatbuffers::Verifier, pos: usize
  ) -> Result<(), ::flatbuffers::InvalidFlatbuffer> {
    v.visit_table(pos)?
     .visit_field::<MarketState>("state", Self::VT_STATE, false)?
     .finish();
    Ok(())
  }
}
pub struct TradingStatusArgs {
    pub state: MarketState,
}
impl<'a> Default for TradingStatusArgs {
  #[inline]
  fn default() -> Self {
    TradingStatusArgs {
      state: MarketState::Unknown,
    }
  }
}

pub struct TradingStatusBuilder<'a: 'b, 'b, A: ::flatbuffers::Allocator + 'a> {
  fbb_: &'b mut ::flatbuffers::FlatBufferBuilder<'a, A>,
  start_: ::flatbuffers::WIPOffset<::flatbuffers::TableUnfinishedWIPOffset>,
}
impl<'a: 'b, 'b, A: ::flatbuffers::Allocator + 'a> TradingStatusBuilder<'a, 'b, A> {
  #[inline]
  pub fn add_state(&mut self, state: MarketState) {
    self.fbb_.push_slot::<MarketState>(TradingStatus::VT_STATE, state, MarketState::Unknown);
  }
  #[inline]
  pub fn new(_fbb: &'b mut ::flatbuffers::FlatBufferBuilder<'a, A>) -> TradingStatusBuilder<'a, 'b, A> {
    let start = _fbb.start_table();
    TradingStatusBuilder {
      fbb_: _fbb,
      start_: start,
    }
  }
  #[inline]
  pub fn finish(self) -> ::flatbuffers::WIPOffset<TradingStatus<'a>> {
    let o = self.fbb_.end_table(self.start_);
    ::flatbuffers::WIPOffset::new(o.value())
  }
}

impl ::core::fmt::Debug for TradingStatus<'_> {
  fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
    let mut ds = f.debug_struct("TradingStatus");
      ds.field("state", &self.state());
      ds.finish()
  }
}
pub enum KlineOffset {}
#[derive(Copy, Clone, PartialEq)]

/// A bar as the venue counts it, with exponents of its own; each one replaces the one before with the same `start_ts`.
pub struct Kline<'a> {
  pub _tab: ::flatbuffers::Table<'a>,
}

impl<'a> ::flatbuffers::Follow<'a> for Kline<'a> {
  type Inner = Kline<'a>;
  #[inline]
  unsafe fn follow(buf: &'a [u8], loc: usize) -> Self::Inner {
    Self { _tab: unsafe { ::flatbuffers::Table::new(buf, loc) } }
  }
}

impl<'a> Kline<'a> {
  pub const VT_OPEN: ::flatbuffers::VOffsetT = 4;
  pub const VT_HIGH: ::flatbuffers::VOffsetT = 6;
  pub const VT_LOW: ::flatbuffers::VOffsetT = 8;
  pub const VT_CLOSE: ::flatbuffers::VOffsetT = 10;
  pub const VT_VOLUME: ::flatbuffers::VOffsetT = 12;
  pub const VT_TURNOVER: ::flatbuffers::VOffsetT = 14;
  pub const VT_COUNT: ::flatbuffers::VOffsetT = 16;
  pub const VT_START_TS: ::flatbuffers::VOffsetT = 18;
  pub const VT_INTERVAL_NS: ::flatbuffers::VOffsetT = 20;
  pub const VT_PRICE_EXPONENT: ::flatbuffers::VOffsetT = 22;
  pub const VT_QTY_EXPONENT: ::flatbuffers::VOffsetT = 24;
  pub const VT_TURNOVER_EXPONENT: ::flatbuffers::VOffsetT = 26;
  pub const VT_CLOSED: ::flatbuffers::VOffsetT = 28;

  #[inline]
  pub unsafe fn init_from_table(table: ::flatbuffers::Table<'a>) -> Self {
    Kline { _tab: table }
  }
  #[allow(unused_mut)]
  pub fn create<'bldr: 'args, 'args: 'mut_bldr, 'mut_bldr, A: ::flatbuffers::Allocator + 'bldr>(
    _fbb: &'mut_bldr mut ::flatbuffers::FlatBufferBuilder<'bldr, A>,
    args: &'args KlineArgs
  ) -> ::flatbuffers::WIPOffset<Kline<'bldr>> {
    let mut builder = KlineBuilder::new(_fbb);
    builder.add_interval_ns(args.interval_ns);
    builder.add_start_ts(args.start_ts);
    builder.add_count(args.count);
    builder.add_turnover(args.turnover);
    builder.add_volume(args.volume);
    builder.add_close(args.close);
    builder.add_low(args.low);
    builder.add_high(args.high);
    builder.add_open(args.open);
    builder.add_closed(args.closed);
    builder.add_turnover_exponent(args.turnover_exponent);
    builder.add_qty_exponent(args.qty_exponent);
    builder.add_price_exponent(args.price_exponent);
    builder.finish()
  }

  #[inline]
  pub fn open(&self) -> i64 {
    // Safety:
    // Created from valid Table for this object
    // which contains a valid value in this slot
    unsafe { self._tab.get::<i64>(Kline::VT_OPEN, Some(0)).unwrap()}
  }
  #[inline]
  pub fn high(&self) -> i64 {
    // Safety:
    // Created from valid Table for this object
    // which contains a valid value in this slot
    unsafe { self._tab.get::<i64>(Kline::VT_HIGH, Some(0)).unwrap()}
  }
  #[inline]
  pub fn low(&self) -> i64 {
    // Safety:
    // Created from valid Table for this object
    // which contains a valid value in this slot
    unsafe { self._tab.get::<i64>(Kline::VT_LOW, Some(0)).unwrap()}
  }
  #[inline]
  pub fn close(&self) -> i64 {
    // Safety:
    // Created from valid Table for this object
    // which contains a valid value in this slot
    unsafe { self._tab.get::<i64>(Kline::VT_CLOSE, Some(0)).unwrap()}
  }
  #[inline]
  pub fn volume(&self) -> i64 {
    // Safety:
    // Created from valid Table for this object
    // which contains a valid value in this slot
    unsafe { self._tab.get::<i64>(Kline::VT_VOLUME, Some(0)).unwrap()}
  }
  /// Worth of the volume; 0 where the venue does not tell it.
  #[inline]
  pub fn turnover(&self) -> i64 {
    // Safety:
    // Created from valid Table for this object
    // which contains a valid value in this slot
    unsafe { self._tab.get::<i64>(Kline::VT_TURNOVER, Some(0)).unwrap()}
  }
  /// Number of trades; 0 where the venue does not tell it.
  #[inline]
  pub fn count(&self) -> u64 {
    // Safety:
    // Created from valid Table for this object
    // which contains a valid value in this slot
    unsafe { self._tab.get::<u64>(Kline::VT_COUNT, Some(0)).unwrap()}
  }
  /// Beginning and length of its interval, ns.
  #[inline]
  pub fn start_ts(&self) -> u64 {
    // Safety:
    // Created from valid Table for this object
    // which contains a valid value in this slot
    unsafe { self._tab.get::<u64>(Kline::VT_START_TS, Some(0)).unwrap()}
  }
  #[inline]
  pub fn interval_ns(&self) -> u64 {
    // Safety:
    // Created from valid Table for this object
    // which contains a valid value in this slot
    unsafe { self._tab.get::<u64>(Kline::VT_INTERVAL_NS, Some(0)).unwrap()}
  }
  #[inline]
  pub fn price_exponent(&self) -> i8 {
    // Safety:
    // Created from valid Table for this object
    // which contains a valid value in this slot
    unsafe { self._tab.get::<i8>(Kline::VT_PRICE_EXPONENT, Some(0)).unwrap()}
  }
  #[inline]
  pub fn qty_exponent(&self) -> i8 {
    // Safety:
    // Created from valid Table for this object
    // which contains a valid value in this slot
    unsafe { self._tab.get::<i8>(Kline::VT_QTY_EXPONENT, Some(0)).unwrap()}
  }
  #[inline]
  pub fn turnover_exponent(&self) -> i8 {
    // Safety:
    // Created from valid Table for this object
    // which contains a valid value in this slot
    unsafe { self._tab.get::<i8>(Kline::VT_TURNOVER_EXPONENT, Some(0)).unwrap()}
  }
  /// It is final.
  #[inline]
  pub fn closed(&self) -> bool {
    // Safety:
    // Created from valid Table for this object
    // which contains a valid value in this slot
    unsafe { self._tab.get::<bool>(Kline::VT_CLOSED, Some(false)).unwrap()}
  }
}

impl ::flatbuffers::Verifiable for Kline<'_> {
  #[inline]
  fn run_verifier(
    v: &mut ::flatbuffers::Verifier, pos: usize
  ) -> Result<(), ::flatbuffers::InvalidFlatbuffer> {
    v.visit_table(pos)?
     .visit_field::<i64>("open", Self::VT_OPEN, false)?
     .visit_field::<i64>("high", Self::VT_HIGH, false)?
     .visit_field::<i64>("low", Self::VT_LOW, false)?
     .visit_field::<i64>("close", Self::VT_CLOSE, false)?
     .visit_field::<i64>("volume", Self::VT_VOLUME, false)?
     .visit_field::<i64>("turnover", Self::VT_TURNOVER, false)?
     .visit_field::<u64>("count", Self::VT_COUNT, false)?
     .visit_field::<u64>("start_ts", Self::VT_START_TS, false)?
     .visit_field::<u64>("interval_ns", Self::VT_INTERVAL_NS, false)?
     .visit_field::<i8>("price_exponent", Self::VT_PRICE_EXPONENT, false)?
     .visit_field::<i8>("qty_exponent", Self::VT_QTY_EXPONENT, false)?
     .visit_field::<i8>("turnover_exponent", Self::VT_TURNOVER_EXPONENT, false)?
     .visit_field::<bool>("closed", Self::VT_CLOSED, false)?
     .finish();
    Ok(())
  }
}
pub struct KlineArgs {
    pub open: i64,
    pub high: i64,
    pub low: i64,
    pub close: i64,
    pub volume: i64,
    pub turnover: i64,
    pub count: u64,
    pub start_ts: u64,
    pub interval_ns: u64,
    pub price_exponent: i8,
    pub qty_exponent: i8,
    pub turnover_exponent: i8,
    pub closed: bool,
}
impl<'a> Default for KlineArgs {
  #[inline]
  fn default() -> Self {
    KlineArgs {
      open: 0,
      high: 0,
      low: 0,
      close: 0,
      volume: 0,
      turnover: 0,
      count: 0,
      start_ts: 0,
      interval_ns: 0,
      price_exponent: 0,
      qty_exponent: 0,
      turnover_exponent: 0,
      closed: false,
    }
  }
}

pub struct KlineBuilder<'a: 'b, 'b, A: ::flatbuffers::Allocator + 'a> {
  fbb_: &'b mut ::flatbuffers::FlatBufferBuilder<'a, A>,
  start_: ::flatbuffers::WIPOffset<::flatbuffers::TableUnfinishedWIPOffset>,
}
impl<'a: 'b, 'b, A: ::flatbuffers::Allocator + 'a> KlineBuilder<'a, 'b, A> {
  #[inline]
  pub fn add_open(&mut self, open: i64) {
    self.fbb_.push_slot::<i64>(Kline::VT_OPEN, open, 0);
  }
  #[inline]
  pub fn add_high(&mut self, high: i64) {
    self.fbb_.push_slot::<i64>(Kline::VT_HIGH, high, 0);
  }
  #[inline]
  pub fn add_low(&mut self, low: i64) {
    self.fbb_.push_slot::<i64>(Kline::VT_LOW, low, 0);
  }
  #[inline]
  pub fn add_close(&mut self, close: i64) {
    self.fbb_.push_slot::<i64>(Kline::VT_CLOSE, close, 0);
  }
  #[inline]
  pub fn add_volume(&mut self, volume: i64) {
    self.fbb_.push_slot::<i64>(Kline::VT_VOLUME, volume, 0);
  }
  #[inline]
  pub fn add_turnover(&mut self, turnover: i64) {
    self.fbb_.push_slot::<i64>(Kline::VT_TURNOVER, turnover, 0);
  }
  #[inline]
  pub fn add_count(&mut self, count: u64) {
    self.fbb_.push_slot::<u64>(Kline::VT_COUNT, count, 0);
  }
  #[inline]
  pub fn add_start_ts(&mut self, start_ts: u64) {
    self.fbb_.push_slot::<u64>(Kline::VT_START_TS, start_ts, 0);
  }
  #[inline]
  pub fn add_interval_ns(&mut self, interval_ns: u64) {
    self.fbb_.push_slot::<u64>(Kline::VT_INTERVAL_NS, interval_ns, 0);
  }
  #[inline]
  pub fn add_price_exponent(&mut self, price_exponent: i8) {
    self.fbb_.push_slot::<i8>(Kline::VT_PRICE_EXPONENT, price_exponent, 0);
  }
  #[inline]
  pub fn add_qty_exponent(&mut self, qty_exponent: i8) {
    self.fbb_.push_slot::<i8>(Kline::VT_QTY_EXPONENT, qty_exponent, 0);
  }
  #[inline]
  pub fn add_turnover_exponent(&mut self, turnover_exponent: i8) {
    self.fbb_.push_slot::<i8>(Kline::VT_TURNOVER_EXPONENT, turnover_exponent, 0);
  }
  #[inline]
  pub fn add_closed(&mut self, closed: bool) {
    self.fbb_.push_slot::<bool>(Kline::VT_CLOSED, closed, false);
  }
  #[inline]
  pub fn new(_fbb: &'b mut ::flatbuffers::FlatBufferBuilder<'a, A>) -> KlineBuilder<'a, 'b, A> {
    let start = _fbb.start_table();
    KlineBuilder {
      fbb_: _fbb,
      start_: start,
    }
  }
  #[inline]
  pub fn finish(self) -> ::flatbuffers::WIPOffset<Kline<'a>> {
    let o = self.fbb_.end_table(self.start_);
    ::flatbuffers::WIPOffset::new(o.value())
  }
}

impl ::core::fmt::Debug for Kline<'_> {
  fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
    let mut ds = f.debug_struct("Kline");
      ds.field("open", &self.open());
      ds.field("high", &self.high());
      ds.field("low", &self.low());
      ds.field("close", &self.close());
      ds.field("volume", &self.volume());
      ds.field("turnover", &self.turnover());
      ds.field("count", &self.count());
      ds.field("start_ts", &self.start_ts());
      ds.field("interval_ns", &self.interval_ns());
      ds.field("price_exponent", &self.price_exponent());
      ds.field("qty_exponent", &self.qty_exponent());
      ds.field("turnover_exponent", &self.turnover_exponent());
      ds.field("closed", &self.closed());
      ds.finish()
  }
}
pub enum MessageOffset {}
#[derive(Copy, Clone, PartialEq)]

/// One message of one topic.
pub struct Message<'a> {
  pub _tab: ::flatbuffers::Table<'a>,
}

impl<'a> ::flatbuffers::Follow<'a> for Message<'a> {
  type Inner = Message<'a>;
  #[inline]
  unsafe fn follow(buf: &'a [u8], loc: usize) -> Self::Inner {
    Self { _tab: unsafe { ::flatbuffers::Table::new(buf, loc) } }
  }
}

impl<'a> Message<'a> {
  pub const VT_TOPIC: ::flatbuffers::VOffsetT = 4;
  pub const VT_VENUE: ::flatbuffers::VOffsetT = 6;
  pub const VT_SYMBOL: ::flatbuffers::VOffsetT = 8;
  pub const VT_INSTRUMENT: ::flatbuffers::VOffsetT = 10;
  pub const VT_EPOCH: ::flatbuffers::VOffsetT = 12;
  pub const VT_PREV_SEQ: ::flatbuffers::VOffsetT = 14;
  pub const VT_SEQ: ::flatbuffers::VOffsetT = 16;
  pub const VT_SEQUENCE: ::flatbuffers::VOffsetT = 18;
  pub const VT_TS_EVENT: ::flatbuffers::VOffsetT = 20;
  pub const VT_TS_RECV: ::flatbuffers::VOffsetT = 22;
  pub const VT_TS_OUT: ::flatbuffers::VOffsetT = 24;
  pub const VT_PRICE_EXPONENT: ::flatbuffers::VOffsetT = 26;
  pub const VT_QTY_EXPONENT: ::flatbuffers::VOffsetT = 28;
  pub const VT_FLAGS: ::flatbuffers::VOffsetT = 30;
  pub const VT_BODY_TYPE: ::flatbuffers::VOffsetT = 32;
  pub const VT_BODY: ::flatbuffers::VOffsetT = 34;
  pub const VT_SHARD: ::flatbuffers::VOffsetT = 36;
  pub const VT_FRAME_SEQ: ::flatbuffers::VOffsetT = 38;
  pub const VT_INDEX: ::flatbuffers::VOffsetT = 40;

  #[inline]
  pub unsafe fn init_from_table(table: ::flatbuffers::Table<'a>) -> Self {
    Message { _tab: table }
  }
  #[allow(unused_mut)]
  pub fn create<'bldr: 'args, 'args: 'mut_bldr, 'mut_bldr, A: ::flatbuffers::Allocator + 'bldr>(
    _fbb: &'mut_bldr mut ::flatbuffers::FlatBufferBuilder<'bldr, A>,
    args: &'args MessageArgs<'args>
  ) -> ::flatbuffers::WIPOffset<Message<'bldr>> {
    let mut builder = MessageBuilder::new(_fbb);
    builder.add_frame_seq(args.frame_seq);
    builder.add_ts_out(args.ts_out);
    builder.add_ts_recv(args.ts_recv);
    builder.add_ts_event(args.ts_event);
    builder.add_sequence(args.sequence);
    builder.add_seq(args.seq);
    builder.add_prev_seq(args.prev_seq);
    builder.add_epoch(args.epoch);
    builder.add_index(args.index);
    if let Some(x) = args.body { builder.add_body(x); }
    builder.add_flags(args.flags);
    builder.add_instrument(args.instrument);
    if let Some(x) = args.symbol { builder.add_symbol(x); }
    if let Some(x) = args.venue { builder.add_venue(x); }
    if let Some(x) = args.topic { builder.add_topic(x); }
    builder.add_shard(args.shard);
    builder.add_body_type(args.body_type);
    builder.add_qty_exponent(args.qty_exponent);
    builder.add_price_exponent(args.price_exponent);
    builder.finish()
  }

  #[inline]
  pub fn topic(&self) -> Option<&'a str> {
    // Safety:
    // Created from valid Table for this object
    // which contains a valid value in this slot
    unsafe { self._tab.get::<::flatbuffers::ForwardsUOffset<&str>>(Message::VT_TOPIC, None)}
  }
  #[inline]
  pub fn venue(&self) -> Option<&'a str> {
    // Safety:
    // Created from valid Table for this object
    // which contains a valid value in this slot
    unsafe { self._tab.get::<::flatbuffers::ForwardsUOffset<&str>>(Message::VT_VENUE, None)}
  }
  #[inline]
  pub fn symbol(&self) -> Option<&'a str> {
    // Safety:
    // Created from valid Table for this object
    // which contains a valid value in this slot
    unsafe { self._tab.get::<::flatbuffers::ForwardsUOffset<&str>>(Message::VT_SYMBOL, None)}
  }
  #[inline]
  pub fn instrument(&self) -> u32 {
    // Safety:
    // Created from valid Table for this object
    // which contains a valid value in this slot
    unsafe { self._tab.get::<u32>(Message::VT_INSTRUMENT, Some(0)).unwrap()}
  }
  /// Writer epoch of the record that this message was made of.
  #[inline]
  pub fn epoch(&self) -> u64 {
    // Safety:
    // Created from valid Table for this object
    // which contains a valid value in this slot
    unsafe { self._tab.get::<u64>(Message::VT_EPOCH, Some(0)).unwrap()}
  }
  /// `seq` of the topic's message before this one; equal to `seq` in a snapshot made for one client.
  #[inline]
  pub fn prev_seq(&self) -> u64 {
    // Safety:
    // Created from valid Table for this object
    // which contains a valid value in this slot
    unsafe { self._tab.get::<u64>(Message::VT_PREV_SEQ, Some(0)).unwrap()}
  }
  /// Number of this message within its topic, +1 each.
  #[inline]
  pub fn seq(&self) -> u64 {
    // Safety:
    // Created from valid Table for this object
    // which contains a valid value in this slot
    unsafe { self._tab.get::<u64>(Message::VT_SEQ, Some(0)).unwrap()}
  }
  /// Ring sequence of the record within its shard.
  #[inline]
  pub fn sequence(&self) -> u64 {
    // Safety:
    // Created from valid Table for this object
    // which contains a valid value in this slot
    unsafe { self._tab.get::<u64>(Message::VT_SEQUENCE, Some(0)).unwrap()}
  }
  #[inline]
  pub fn ts_event(&self) -> u64 {
    // Safety:
    // Created from valid Table for this object
    // which contains a valid value in this slot
    unsafe { self._tab.get::<u64>(Message::VT_TS_EVENT, Some(0)).unwrap()}
  }
  #[inline]
  pub fn ts_recv(&self) -> u64 {
    // Safety:
    // Created from valid Table for this object
    // which contains a valid value in this slot
    unsafe { self._tab.get::<u64>(Message::VT_TS_RECV, Some(0)).unwrap()}
  }
  #[inline]
  pub fn ts_out(&self) -> u64 {
    // Safety:
    // Created from valid Table for this object
    // which contains a valid value in this slot
    unsafe { self._tab.get::<u64>(Message::VT_TS_OUT, Some(0)).unwrap()}
  }
  #[inline]
  pub fn price_exponent(&self) -> i8 {
    // Safety:
    // Created from valid Table for this object
    // which contains a valid value in this slot
    unsafe { self._tab.get::<i8>(Message::VT_PRICE_EXPONENT, Some(0)).unwrap()}
  }
  #[inline]
  pub fn qty_exponent(&self) -> i8 {
    // Safety:
    // Created from valid Table for this object
    // which contains a valid value in this slot
    unsafe { self._tab.get::<i8>(Message::VT_QTY_EXPONENT, Some(0)).unwrap()}
  }
  /// Bits of the record flags: 3 stale, 4 crossed, 5 locked, 6 recovered, 7 bad_ts, 8 no_ts_event, 9 aggressor_sell,
  /// 10 aggregated, 11 partial.
  #[inline]
  pub fn flags(&self) -> u32 {
    // Safety:
    // Created from valid Table for this object
    // which contains a valid value in this slot
    unsafe { self._tab.get::<u32>(Message::VT_FLAGS, Some(0)).unwrap()}
  }
  #[inline]
  pub fn body_type(&self) -> Body {
    // Safety:
    // Created from valid Table for this object
    // which contains a valid value in this slot
    unsafe { self._tab.get::<Body>(Message::VT_BODY_TYPE, Some(Body::NONE)).unwrap()}
  }
  #[inline]
  pub fn body(&self) -> Option<::flatbuffers::Table<'a>> {
    // Safety:
    // Created from valid Table for this object
    // which contains a valid value in this slot
    unsafe { self._tab.get::<::flatbuffers::ForwardsUOffset<::flatbuffers::Table<'a>>>(Message::VT_BODY, None)}
  }
  /// Shard whose stream `epoch`, `sequence`, `frame_seq` and `index` belong to.
  #[inline]
  pub fn shard(&self) -> u16 {
    // Safety:
    // Created from valid Table for this object
    // which contains a valid value in this slot
    unsafe { self._tab.get::<u16>(Message::VT_SHARD, Some(0)).unwrap()}
  }
  /// Number of the input within the shard, and index of the event among those of its input.
  #[inline]
  pub fn frame_seq(&self) -> u64 {
    // Safety:
    // Created from valid Table for this object
    // which contains a valid value in this slot
    unsafe { self._tab.get::<u64>(Message::VT_FRAME_SEQ, Some(0)).unwrap()}
  }
  #[inline]
  pub fn index(&self) -> u32 {
    // Safety:
    // Created from valid Table for this object
    // which contains a valid value in this slot
    unsafe { self._tab.get::<u32>(Message::VT_INDEX, Some(0)).unwrap()}
  }
  #[inline]
  #[allow(non_snake_case)]
  pub fn body_as_book_snapshot(&self) -> Option<BookSnapshot<'a>> {
    if self.body_type() == Body::BookSnapshot {
      self.body().map(|t| {
       // Safety:
       // Created from a valid Table for this object
       // Which contains a valid union in this slot
       unsafe { BookSnapshot::init_from_table(t) }
     })
    } else {
      None
    }
  }

  #[inline]
  #[allow(non_snake_case)]
  pub fn body_as_book_delta(&self) -> Option<BookDelta<'a>> {
    if self.body_type() == Body::BookDelta {
      self.body().map(|t| {
       // Safety:
       // Created from a valid Table for this object
       // Which contains a valid union in this slot
       unsafe { BookDelta::init_from_table(t) }
     })
    } else {
      None
    }
  }

  #[inline]
  #[allow(non_snake_case)]
  pub fn body_as_trade(&self) -> Option<Trade<'a>> {
    if self.body_type() == Body::Trade {
      self.body().map(|t| {
       // Safety:
       // Created from a valid Table for this object
       // Which contains a valid union in this slot
       unsafe { Trade::init_from_table(t) }
     })
    } else {
      None
    }
  }

  #[inline]
  #[allow(non_snake_case)]
  pub fn body_as_quote(&self) -> Option<Quote<'a>> {
    if self.body_type() == Body::Quote {
      self.body().map(|t| {
       // Safety:
       // Created from a valid Table for this object
       // Which contains a valid union in this slot
       unsafe { Quote::init_from_table(t) }
     })
    } else {
      None
    }
  }

  #[inline]
  #[allow(non_snake_case)]
  pub fn body_as_status(&self) -> Option<Status<'a>> {
    if self.body_type() == Body::Status {
      self.body().map(|t| {
       // Safety:
       // Created from a valid Table for this object
       // Which contains a valid union in this slot
       unsafe { Status::init_from_table(t) }
     })
    } else {
      None
    }
  }

  #[inline]
  #[allow(non_snake_case)]
  pub fn body_as_gap(&self) -> Option<Gap<'a>> {
    if self.body_type() == Body::Gap {
      self.body().map(|t| {
       // Safety:
       // Created from a valid Table for this object
       // Which contains a valid union in this slot
       unsafe { Gap::init_from_table(t) }
     })
    } else {
      None
    }
  }

  #[inline]
  #[allow(non_snake_case)]
  pub fn body_as_stats_24h(&self) -> Option<Stats24h<'a>> {
    if self.body_type() == Body::Stats24h {
      self.body().map(|t| {
       // Safety:
       // Created from a valid Table for this object
       // Which contains a valid union in this slot
       unsafe { Stats24h::init_from_table(t) }
     })
    } else {
      None
    }
  }

  #[inline]
  #[allow(non_snake_case)]
  pub fn body_as_instrument(&self) -> Option<Instrument<'a>> {
    if self.body_type() == Body::Instrument {
      self.body().map(|t| {
       // Safety:
       // Created from a valid Table for this object
       // Which contains a valid union in this slot
       unsafe { Instrument::init_from_table(t) }
     })
    } else {
      None
    }
  }

  #[inline]
  #[allow(non_snake_case)]
  pub fn body_as_skipped(&self) -> Option<Skipped<'a>> {
    if self.body_type() == Body::Skipped {
      self.body().map(|t| {
       // Safety:
       // Created from a valid Table for this object
       // Which contains a valid union in this slot
       unsafe { Skipped::init_from_table(t) }
     })
    } else {
      None
    }
  }

  #[inline]
  #[allow(non_snake_case)]
  pub fn body_as_bar(&self) -> Option<Bar<'a>> {
    if self.body_type() == Body::Bar {
      self.body().map(|t| {
       // Safety:
       // Created from a valid Table for this object
       // Which contains a valid union in this slot
       unsafe { Bar::init_from_table(t) }
     })
    } else {
      None
    }
  }

  #[inline]
  #[allow(non_snake_case)]
  pub fn body_as_mark_price(&self) -> Option<MarkPrice<'a>> {
    if self.body_type() == Body::MarkPrice {
      self.body().map(|t| {
       // Safety:
       // Created from a valid Table for this object
       // Which contains a valid union in this slot
       unsafe { MarkPrice::init_from_table(t) }
     })
    } else {
      None
    }
  }

  #[inline]
  #[allow(non_snake_case)]
  pub fn body_as_index_price(&self) -> Option<IndexPrice<'a>> {
    if self.body_type() == Body::IndexPrice {
      self.body().map(|t| {
       // Safety:
       // Created from a valid Table for this object
       // Which contains a valid union in this slot
       unsafe { IndexPrice::init_from_table(t) }
     })
    } else {
      None
    }
  }

  #[inline]
  #[allow(non_snake_case)]
  pub fn body_as_funding(&self) -> Option<Funding<'a>> {
    if self.body_type() == Body::Funding {
      self.body().map(|t| {
       // Safety:
       // Created from a valid Table for this object
       // Which contains a valid union in this slot
       unsafe { Funding::init_from_table(t) }
     })
    } else {
      None
    }
  }

  #[inline]
  #[allow(non_snake_case)]
  pub fn body_as_open_interest(&self) -> Option<OpenInterest<'a>> {
    if self.body_type() == Body::OpenInterest {
      self.body().map(|t| {
       // Safety:
       // Created from a valid Table for this object
       // Which contains a valid union in this slot
       unsafe { OpenInterest::init_from_table(t) }
     })
    } else {
      None
    }
  }

  #[inline]
  #[allow(non_snake_case)]
  pub fn body_as_liquidation(&self) -> Option<Liquidation<'a>> {
    if self.body_type() == Body::Liquidation {
      self.body().map(|t| {
       // Safety:
       // Created from a valid Table for this object
       // Which contains a valid union in this slot
       unsafe { Liquidation::init_from_table(t) }
     })
    } else {
      None
    }
  }

  #[inline]
  #[allow(non_snake_case)]
  pub fn body_as_trading_status(&self) -> Option<TradingStatus<'a>> {
    if self.body_type() == Body::TradingStatus {
      self.body().map(|t| {
       // Safety:
       // Created from a valid Table for this object
       // Which contains a valid union in this slot
       unsafe { TradingStatus::init_from_table(t) }
     })
    } else {
      None
    }
  }

  #[inline]
  #[allow(non_snake_case)]
  pub fn body_as_kline(&self) -> Option<Kline<'a>> {
    if self.body_type() == Body::Kline {
      self.body().map(|t| {
       // Safety:
       // Created from a valid Table for this object
       // Which contains a valid union in this slot
       unsafe { Kline::init_from_table(t) }
     })
    } else {
      None
    }
  }

}

impl ::flatbuffers::Verifiable for Message<'_> {
  #[inline]
  fn run_verifier(
    v: &mut ::flatbuffers::Verifier, pos: usize
  ) -> Result<(), ::flatbuffers::InvalidFlatbuffer> {
    v.visit_table(pos)?
     .visit_field::<::flatbuffers::ForwardsUOffset<&str>>("topic", Self::VT_TOPIC, false)?
     .visit_field::<::flatbuffers::ForwardsUOffset<&str>>("venue", Self::VT_VENUE, false)?
     .visit_field::<::flatbuffers::ForwardsUOffset<&str>>("symbol", Self::VT_SYMBOL, false)?
     .visit_field::<u32>("instrument", Self::VT_INSTRUMENT, false)?
     .visit_field::<u64>("epoch", Self::VT_EPOCH, false)?
     .visit_field::<u64>("prev_seq", Self::VT_PREV_SEQ, false)?
     .visit_field::<u64>("seq", Self::VT_SEQ, false)?
     .visit_field::<u64>("sequence", Self::VT_SEQUENCE, false)?
     .visit_field::<u64>("ts_event", Self::VT_TS_EVENT, false)?
     .visit_field::<u64>("ts_recv", Self::VT_TS_RECV, false)?
     .visit_field::<u64>("ts_out", Self::VT_TS_OUT, false)?
     .visit_field::<i8>("price_exponent", Self::VT_PRICE_EXPONENT, false)?
     .visit_field::<i8>("qty_exponent", Self::VT_QTY_EXPONENT, false)?
     .visit_field::<u32>("flags", Self::VT_FLAGS, false)?
     .visit_union::<Body, _>("body_type", Self::VT_BODY_TYPE, "body", Self::VT_BODY, false, |key, v, pos| {
        match key {
          Body::BookSnapshot => v.verify_union_variant::<::flatbuffers::ForwardsUOffset<BookSnapshot>>("Body::BookSnapshot", pos),
          Body::BookDelta => v.verify_union_variant::<::flatbuffers::ForwardsUOffset<BookDelta>>("Body::BookDelta", pos),
          Body::Trade => v.verify_union_variant::<::flatbuffers::ForwardsUOffset<Trade>>("Body::Trade", pos),
          Body::Quote => v.verify_union_variant::<::flatbuffers::ForwardsUOffset<Quote>>("Body::Quote", pos),
          Body::Status => v.verify_union_variant::<::flatbuffers::ForwardsUOffset<Status>>("Body::Status", pos),
          Body::Gap => v.verify_union_variant::<::flatbuffers::ForwardsUOffset<Gap>>("Body::Gap", pos),
          Body::Stats24h => v.verify_union_variant::<::flatbuffers::ForwardsUOffset<Stats24h>>("Body::Stats24h", pos),
          Body::Instrument => v.verify_union_variant::<::flatbuffers::ForwardsUOffset<Instrument>>("Body::Instrument", pos),
          Body::Skipped => v.verify_union_variant::<::flatbuffers::ForwardsUOffset<Skipped>>("Body::Skipped", pos),
          Body::Bar => v.verify_union_variant::<::flatbuffers::ForwardsUOffset<Bar>>("Body::Bar", pos),
          Body::MarkPrice => v.verify_union_variant::<::flatbuffers::ForwardsUOffset<MarkPrice>>("Body::MarkPrice", pos),
          Body::IndexPrice => v.verify_union_variant::<::flatbuffers::ForwardsUOffset<IndexPrice>>("Body::IndexPrice", pos),
          Body::Funding => v.verify_union_variant::<::flatbuffers::ForwardsUOffset<Funding>>("Body::Funding", pos),
          Body::OpenInterest => v.verify_union_variant::<::flatbuffers::ForwardsUOffset<OpenInterest>>("Body::OpenInterest", pos),
          Body::Liquidation => v.verify_union_variant::<::flatbuffers::ForwardsUOffset<Liquidation>>("Body::Liquidation", pos),
          Body::TradingStatus => v.verify_union_variant::<::flatbuffers::ForwardsUOffset<TradingStatus>>("Body::TradingStatus", pos),
          Body::Kline => v.verify_union_variant::<::flatbuffers::ForwardsUOffset<Kline>>("Body::Kline", pos),
          _ => Ok(()),
        }
     })?
     .visit_field::<u16>("shard", Self::VT_SHARD, false)?
     .visit_field::<u64>("frame_seq", Self::VT_FRAME_SEQ, false)?
     .visit_field::<u32>("index", Self::VT_INDEX, false)?
     .finish();
    Ok(())
  }
}
pub struct MessageArgs<'a> {
    pub topic: Option<::flatbuffers::WIPOffset<&'a str>>,
    pub venue: Option<::flatbuffers::WIPOffset<&'a str>>,
    pub symbol: Option<::flatbuffers::WIPOffset<&'a str>>,
    pub instrument: u32,
    pub epoch: u64,
    pub prev_seq: u64,
    pub seq: u64,
    pub sequence: u64,
    pub ts_event: u64,
    pub ts_recv: u64,
    pub ts_out: u64,
    pub price_exponent: i8,
    pub qty_exponent: i8,
    pub flags: u32,
    pub body_type: Body,
    pub body: Option<::flatbuffers::WIPOffset<::flatbuffers::UnionWIPOffset>>,
    pub shard: u16,
    pub frame_seq: u64,
    pub index: u32,
}
impl<'a> Default for MessageArgs<'a> {
  #[inline]
  fn default() -> Self {
    MessageArgs {
      topic: None,
      venue: None,
      symbol: None,
      instrument: 0,
      epoch: 0,
      prev_seq: 0,
      seq: 0,
      sequence: 0,
      ts_event: 0,
      ts_recv: 0,
      ts_out: 0,
      price_exponent: 0,
      qty_exponent: 0,
      flags: 0,
      body_type: Body::NONE,
      body: None,
      shard: 0,
      frame_seq: 0,
      index: 0,
    }
  }
}

pub struct MessageBuilder<'a: 'b, 'b, A: ::flatbuffers::Allocator + 'a> {
  fbb_: &'b mut ::flatbuffers::FlatBufferBuilder<'a, A>,
  start_: ::flatbuffers::WIPOffset<::flatbuffers::TableUnfinishedWIPOffset>,
}
impl<'a: 'b, 'b, A: ::flatbuffers::Allocator + 'a> MessageBuilder<'a, 'b, A> {
  #[inline]
  pub fn add_topic(&mut self, topic: ::flatbuffers::WIPOffset<&'b  str>) {
    self.fbb_.push_slot_always::<::flatbuffers::WIPOffset<_>>(Message::VT_TOPIC, topic);
  }
  #[inline]
  pub fn add_venue(&mut self, venue: ::flatbuffers::WIPOffset<&'b  str>) {
    self.fbb_.push_slot_always::<::flatbuffers::WIPOffset<_>>(Message::VT_VENUE, venue);
  }
  #[inline]
  pub fn add_symbol(&mut self, symbol: ::flatbuffers::WIPOffset<&'b  str>) {
    self.fbb_.push_slot_always::<::flatbuffers::WIPOffset<_>>(Message::VT_SYMBOL, symbol);
  }
  #[inline]
  pub fn add_instrument(&mut self, instrument: u32) {
    self.fbb_.push_slot::<u32>(Message::VT_INSTRUMENT, instrument, 0);
  }
  #[inline]
  pub fn add_epoch(&mut self, epoch: u64) {
    self.fbb_.push_slot::<u64>(Message::VT_EPOCH, epoch, 0);
  }
  #[inline]
  pub fn add_prev_seq(&mut self, prev_seq: u64) {
    self.fbb_.push_slot::<u64>(Message::VT_PREV_SEQ, prev_seq, 0);
  }
  #[inline]
  pub fn add_seq(&mut self, seq: u64) {
    self.fbb_.push_slot::<u64>(Message::VT_SEQ, seq, 0);
  }
  #[inline]
  pub fn add_sequence(&mut self, sequence: u64) {
    self.fbb_.push_slot::<u64>(Message::VT_SEQUENCE, sequence, 0);
  }
  #[inline]
  pub fn add_ts_event(&mut self, ts_event: u64) {
    self.fbb_.push_slot::<u64>(Message::VT_TS_EVENT, ts_event, 0);
  }
  #[inline]
  pub fn add_ts_recv(&mut self, ts_recv: u64) {
    self.fbb_.push_slot::<u64>(Message::VT_TS_RECV, ts_recv, 0);
  }
  #[inline]
  pub fn add_ts_out(&mut self, ts_out: u64) {
    self.fbb_.push_slot::<u64>(Message::VT_TS_OUT, ts_out, 0);
  }
  #[inline]
  pub fn add_price_exponent(&mut self, price_exponent: i8) {
    self.fbb_.push_slot::<i8>(Message::VT_PRICE_EXPONENT, price_exponent, 0);
  }
  #[inline]
  pub fn add_qty_exponent(&mut self, qty_exponent: i8) {
    self.fbb_.push_slot::<i8>(Message::VT_QTY_EXPONENT, qty_exponent, 0);
  }
  #[inline]
  pub fn add_flags(&mut self, flags: u32) {
    self.fbb_.push_slot::<u32>(Message::VT_FLAGS, flags, 0);
  }
  #[inline]
  pub fn add_body_type(&mut self, body_type: Body) {
    self.fbb_.push_slot::<Body>(Message::VT_BODY_TYPE, body_type, Body::NONE);
  }
  #[inline]
  pub fn add_body(&mut self, body: ::flatbuffers::WIPOffset<::flatbuffers::UnionWIPOffset>) {
    self.fbb_.push_slot_always::<::flatbuffers::WIPOffset<_>>(Message::VT_BODY, body);
  }
  #[inline]
  pub fn add_shard(&mut self, shard: u16) {
    self.fbb_.push_slot::<u16>(Message::VT_SHARD, shard, 0);
  }
  #[inline]
  pub fn add_frame_seq(&mut self, frame_seq: u64) {
    self.fbb_.push_slot::<u64>(Message::VT_FRAME_SEQ, frame_seq, 0);
  }
  #[inline]
  pub fn add_index(&mut self, index: u32) {
    self.fbb_.push_slot::<u32>(Message::VT_INDEX, index, 0);
  }
  #[inline]
  pub fn new(_fbb: &'b mut ::flatbuffers::FlatBufferBuilder<'a, A>) -> MessageBuilder<'a, 'b, A> {
    let start = _fbb.start_table();
    MessageBuilder {
      fbb_: _fbb,
      start_: start,
    }
  }
  #[inline]
  pub fn finish(self) -> ::flatbuffers::WIPOffset<Message<'a>> {
    let o = self.fbb_.end_table(self.start_);
    ::flatbuffers::WIPOffset::new(o.value())
  }
}

impl ::core::fmt::Debug for Message<'_> {
  fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
    let mut ds = f.debug_struct("Message");
      ds.field("topic", &self.topic());
      ds.field("venue", &self.venue());
      ds.field("symbol", &self.symbol());
      ds.field("instrument", &self.instrument());
      ds.field("epoch", &self.epoch());
      ds.field("prev_seq", &self.prev_seq());
      ds.field("seq", &self.seq());
      ds.field("sequence", &self.sequence());
      ds.field("ts_event", &self.ts_event());
      ds.field("ts_recv", &self.ts_recv());
      ds.field("ts_out", &self.ts_out());
      ds.field("price_exponent", &self.price_exponent());
      ds.field("qty_exponent", &self.qty_exponent());
      ds.field("flags", &self.flags());
      ds.field("body_type", &self.body_type());
      match self.body_type() {
        Body::BookSnapshot => {
          if let Some(x) = self.body_as_book_snapshot() {
            ds.field("body", &x)
          } else {
            ds.field("body", &"InvalidFlatbuffer: Union discriminant does not match value.")
          }
        },
        Body::BookDelta => {
          if let Some(x) = self.body_as_book_delta() {
            ds.field("body", &x)
          } else {
            ds.field("body", &"InvalidFlatbuffer: Union discriminant does not match value.")
          }
        },
        Body::Trade => {
          if let Some(x) = self.body_as_trade() {
            ds.field("body", &x)
          } else {
            ds.field("body", &"InvalidFlatbuffer: Union discriminant does not match value.")
          }
        },
        Body::Quote => {
          if let Some(x) = self.body_as_quote() {
            ds.field("body", &x)
          } else {
            ds.field("body", &"InvalidFlatbuffer: Union discriminant does not match value.")
          }
        },
        Body::Status => {
          if let Some(x) = self.body_as_status() {
            ds.field("body", &x)
          } else {
            ds.field("body", &"InvalidFlatbuffer: Union discriminant does not match value.")
          }
        },
        Body::Gap => {
          if let Some(x) = self.body_as_gap() {
            ds.field("body", &x)
          } else {
            ds.field("body", &"InvalidFlatbuffer: Union discriminant does not match value.")
          }
        },
        Body::Stats24h => {
          if let Some(x) = self.body_as_stats_24h() {
            ds.field("body", &x)
          } else {
            ds.field("body", &"InvalidFlatbuffer: Union discriminant does not match value.")
          }
        },
        Body::Instrument => {
          if let Some(x) = self.body_as_instrument() {
            ds.field("body", &x)
          } else {
            ds.field("body", &"InvalidFlatbuffer: Union discriminant does not match value.")
          }
        },
        Body::Skipped => {
          if let Some(x) = self.body_as_skipped() {
            ds.field("body", &x)
          } else {
            ds.field("body", &"InvalidFlatbuffer: Union discriminant does not match value.")
          }
        },
        Body::Bar => {
          if let Some(x) = self.body_as_bar() {
            ds.field("body", &x)
          } else {
            ds.field("body", &"InvalidFlatbuffer: Union discriminant does not match value.")
          }
        },
        Body::MarkPrice => {
          if let Some(x) = self.body_as_mark_price() {
            ds.field("body", &x)
          } else {
            ds.field("body", &"InvalidFlatbuffer: Union discriminant does not match value.")
          }
        },
        Body::IndexPrice => {
          if let Some(x) = self.body_as_index_price() {
            ds.field("body", &x)
          } else {
            ds.field("body", &"InvalidFlatbuffer: Union discriminant does not match value.")
          }
        },
        Body::Funding => {
          if let Some(x) = self.body_as_funding() {
            ds.field("body", &x)
          } else {
            ds.field("body", &"InvalidFlatbuffer: Union discriminant does not match value.")
          }
        },
        Body::OpenInterest => {
          if let Some(x) = self.body_as_open_interest() {
            ds.field("body", &x)
          } else {
            ds.field("body", &"InvalidFlatbuffer: Union discriminant does not match value.")
          }
        },
        Body::Liquidation => {
          if let Some(x) = self.body_as_liquidation() {
            ds.field("body", &x)
          } else {
            ds.field("body", &"InvalidFlatbuffer: Union discriminant does not match value.")
          }
        },
        Body::TradingStatus => {
          if let Some(x) = self.body_as_trading_status() {
            ds.field("body", &x)
          } else {
            ds.field("body", &"InvalidFlatbuffer: Union discriminant does not match value.")
          }
        },
        Body::Kline => {
          if let Some(x) = self.body_as_kline() {
            ds.field("body", &x)
          } else {
            ds.field("body", &"InvalidFlatbuffer: Union discriminant does not match value.")
          }
        },
        _ => {
          let x: Option<()> = None;
          ds.field("body", &x)
        },
      };
      ds.field("shard", &self.shard());
      ds.field("frame_seq", &self.frame_seq());
      ds.field("index", &self.index());
      ds.finish()
  }
}
#[inline]
/// Verifies that a buffer of bytes contains a `Message`
/// and returns it.
/// Note that verification is still experimental and may not
/// catch every error, or be maximally performant. For the
/// previous, unchecked, behavior use
/// `root_as_message_unchecked`.
pub fn root_as_message(buf: &[u8]) -> Result<Message<'_>, ::flatbuffers::InvalidFlatbuffer> {
  ::flatbuffers::root::<Message>(buf)
}
#[inline]
/// Verifies that a buffer of bytes contains a size prefixed
/// `Message` and returns it.
/// Note that verification is still experimental and may not
/// catch every error, or be maximally performant. For the
/// previous, unchecked, behavior use
/// `size_prefixed_root_as_message_unchecked`.
pub fn size_prefixed_root_as_message(buf: &[u8]) -> Result<Message<'_>, ::flatbuffers::InvalidFlatbuffer> {
  ::flatbuffers::size_prefixed_root::<Message>(buf)
}
#[inline]
/// Verifies, with the given options, that a buffer of bytes
/// contains a `Message` and returns it.
/// Note that verification is still experimental and may not
/// catch every error, or be maximally performant. For the
/// previous, unchecked, behavior use
/// `root_as_message_unchecked`.
pub fn root_as_message_with_opts<'b, 'o>(
  opts: &'o ::flatbuffers::VerifierOptions,
  buf: &'b [u8],
) -> Result<Message<'b>, ::flatbuffers::InvalidFlatbuffer> {
  ::flatbuffers::root_with_opts::<Message<'b>>(opts, buf)
}
#[inline]
/// Verifies, with the given verifier options, that a buffer of
/// bytes contains a size prefixed `Message` and returns
/// it. Note that verification is still experimental and may not
/// catch every error, or be maximally performant. For the
/// previous, unchecked, behavior use
/// `root_as_message_unchecked`.
pub fn size_prefixed_root_as_message_with_opts<'b, 'o>(
  opts: &'o ::flatbuffers::VerifierOptions,
  buf: &'b [u8],
) -> Result<Message<'b>, ::flatbuffers::InvalidFlatbuffer> {
  ::flatbuffers::size_prefixed_root_with_opts::<Message<'b>>(opts, buf)
}
#[inline]
/// Assumes, without verification, that a buffer of bytes contains a Message and returns it.
/// # Safety
/// Callers must trust the given bytes do indeed contain a valid `Message`.
pub unsafe fn root_as_message_unchecked(buf: &[u8]) -> Message<'_> {
  unsafe { ::flatbuffers::root_unchecked::<Message>(buf) }
}
#[inline]
/// Assumes, without verification, that a buffer of bytes contains a size prefixed Message and returns it.
/// # Safety
/// Callers must trust the given bytes do indeed contain a valid size prefixed `Message`.
pub unsafe fn size_prefixed_root_as_message_unchecked(buf: &[u8]) -> Message<'_> {
  unsafe { ::flatbuffers::size_prefixed_root_unchecked::<Message>(buf) }
}
pub const MESSAGE_IDENTIFIER: &str = "TKR1";

#[inline]
pub fn message_buffer_has_identifier(buf: &[u8]) -> bool {
  ::flatbuffers::buffer_has_identifier(buf, MESSAGE_IDENTIFIER, false)
}

#[inline]
pub fn message_size_prefixed_buffer_has_identifier(buf: &[u8]) -> bool {
  ::flatbuffers::buffer_has_identifier(buf, MESSAGE_IDENTIFIER, true)
}

#[inline]
pub fn finish_message_buffer<'a, 'b, A: ::flatbuffers::Allocator + 'a>(
    fbb: &'b mut ::flatbuffers::FlatBufferBuilder<'a, A>,
    root: ::flatbuffers::WIPOffset<Message<'a>>) {
  fbb.finish(root, Some(MESSAGE_IDENTIFIER));
}

#[inline]
pub fn finish_size_prefixed_message_buffer<'a, 'b, A: ::flatbuffers::Allocator + 'a>(fbb: &'b mut ::flatbuffers::FlatBufferBuilder<'a, A>, root: ::flatbuffers::WIPOffset<Message<'a>>) {
  fbb.finish_size_prefixed(root, Some(MESSAGE_IDENTIFIER));
}
}  // pub mod wire
}  // pub mod tickring
