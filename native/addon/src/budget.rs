//! A venue's budget, shared by all processes of the host.

use std::path::Path;
use std::time::Duration;

use napi_derive::napi;
use tickring_core::error::Code;
use tickring_shm::{BUDGET_MAX, Taken, budget_clock};

use crate::failure::{Result, closed, fail, guard, shm};

const MILLISECOND: f64 = 1e6;

/// What came of asking for an amount.
#[napi(object)]
pub struct BudgetLease {
    /// When it was taken, for `settle` and `giveBack`; absent where it was not.
    pub granted: Option<f64>,
    /// Where it was not: it does not fit before so long, ms.
    pub wait_ms: f64,
}

/// What a venue grants an address in a span of time. Amounts and limits are whole numbers up to `BUDGET_MAX`; `nowMs` is monotonic
/// time of the host, this moment where it is left out.
#[napi]
pub struct HostBudget {
    inner: Option<tickring_shm::HostBudget>,
}

#[napi]
impl HostBudget {
    /// The budget that all processes of this user share under this root and key; without a root, one of this process alone.
    ///
    /// # Errors
    ///
    /// `SHM_NAME` for the key, `ARGUMENT_RANGE` for the window (1 s to a day), other `SHM_*` when the file is unusable.
    #[napi(constructor)]
    pub fn new(root: Option<String>, key: String, window_ms: u32) -> Result<Self> {
        guard(|| {
            let window = Duration::from_millis(window_ms.into());
            let opened = match root {
                Some(root) => tickring_shm::HostBudget::open(Path::new(&root), &key, window),
                None => tickring_shm::HostBudget::alone(window),
            };
            Ok(Self { inner: Some(opened.map_err(|error| shm(&error))?) })
        })
    }

    /// Takes an amount where all of the window stays within `limit`.
    ///
    /// # Errors
    ///
    /// `ARGUMENT_RANGE`, `CLOSED`.
    #[napi]
    pub fn take(&self, amount: u32, limit: u32, now_ms: Option<f64>) -> Result<BudgetLease> {
        guard(|| {
            let taken = self.open()?.take(within("amount", amount)?, within("limit", limit)?, nanoseconds(now_ms));
            Ok(match taken {
                // A bucket's number is below 2^40, a wait below nine days.
                Taken::Granted(number) => BudgetLease { granted: Some(number as f64), wait_ms: 0.0 },
                Taken::Wait(wait) => BudgetLease { granted: None, wait_ms: wait as f64 / MILLISECOND },
            })
        })
    }

    /// A request is over: it counts from now.
    ///
    /// # Errors
    ///
    /// `ARGUMENT_RANGE`, `CLOSED`.
    #[napi]
    pub fn settle(&self, amount: u32, granted: f64, now_ms: Option<f64>) -> Result<()> {
        guard(|| {
            self.open()?.settle(within("amount", amount)?, granted as u64, nanoseconds(now_ms));
            Ok(())
        })
    }

    /// An amount was not used after all.
    ///
    /// # Errors
    ///
    /// `ARGUMENT_RANGE`, `CLOSED`.
    #[napi]
    pub fn give_back(&self, amount: u32, granted: f64) -> Result<()> {
        guard(|| {
            self.open()?.give_back(within("amount", amount)?, granted as u64);
            Ok(())
        })
    }

    /// The venue says that so much is used in its present span.
    #[napi]
    pub fn used(&self, total: u32, now_ms: Option<f64>) -> Result<()> {
        guard(|| {
            self.open()?.used(total.into(), nanoseconds(now_ms));
            Ok(())
        })
    }

    /// Nobody takes anything for so long, ms.
    #[napi]
    pub fn close_for(&self, ms: f64, now_ms: Option<f64>) -> Result<()> {
        guard(|| {
            self.open()?.close_for((ms.max(0.0) * MILLISECOND) as u64, nanoseconds(now_ms));
            Ok(())
        })
    }

    /// Lets the file go; every later call fails with `CLOSED`. Idempotent.
    #[napi]
    pub fn close(&mut self) {
        self.inner = None;
    }

    fn open(&self) -> Result<&tickring_shm::HostBudget> {
        self.inner.as_ref().ok_or_else(|| closed("the budget"))
    }
}

fn within(what: &str, value: u32) -> Result<u64> {
    let value = u64::from(value);
    if value <= BUDGET_MAX { Ok(value) } else { Err(fail(Code::ArgumentRange, format!("{what} {value} exceeds {BUDGET_MAX}"))) }
}

fn nanoseconds(now_ms: Option<f64>) -> u64 {
    now_ms.map_or_else(budget_clock, |ms| (ms.max(0.0) * MILLISECOND) as u64)
}
