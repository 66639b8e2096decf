//! Rules that a build for tests can change, by name, to show that a changed rule is found out: one with the feature `broken`, which
//! nothing asks for. In every other build all of this is constant, and gone.

/// Whether this build has the rule changed now.
#[cfg(not(feature = "broken"))]
#[inline(always)]
pub(crate) const fn broken(_rule: &str) -> bool {
    false
}

#[cfg(feature = "broken")]
static CHANGED: std::sync::RwLock<Option<&str>> = std::sync::RwLock::new(None);

/// Whether this build has the rule changed now.
#[cfg(feature = "broken")]
pub(crate) fn broken(rule: &str) -> bool {
    CHANGED.read().is_ok_and(|changed| *changed == Some(rule))
}

/// Changes this rule from now on, and none else.
#[cfg(feature = "broken")]
pub fn break_rule(rule: Option<&'static str>) {
    if let Ok(mut changed) = CHANGED.write() {
        *changed = rule;
    }
}
