//! Kills in every state that a victim goes through.

use std::collections::BTreeMap;

use super::{Stepped, Unit};

/// Asks for that many kills in each state.
const PER_STEP: &str = "TICKRING_KILLS_PER_STEP";
const PER_STEP_DEFAULT: usize = 20;
/// In a state of no more steps, each of them is killed at.
const EACH_STEP_MAX: usize = 60;

/// A number of steps into a state: counted from there, for what comes before reads clocks, which takes now more, now fewer.
#[derive(Clone, Copy, Debug)]
pub struct At<S> {
    pub state: S,
    pub offset: usize,
}

impl<S: Copy + PartialEq> At<S> {
    /// Lets the child run to there; `look` tells its state.
    pub fn step_to(self, child: &mut Stepped, unit: Unit, mut look: impl FnMut() -> S) {
        while look() != self.state {
            assert!(child.step(unit), "the child never came into that state");
        }
        (0..self.offset).all(|_| child.step(unit));
    }
}

/// Lets a victim go through its act once, and notes the state before each step.
pub fn survey<S>(child: &mut Stepped, unit: Unit, mut look: impl FnMut() -> S) -> Vec<S> {
    let mut states = vec![look()];
    while child.step(unit) {
        states.push(look());
    }
    states
}

/// Kills in every state of a survey: at each of its steps, or in a long state at some. Prints the counts.
pub fn kill_everywhere<S: Copy + Ord + std::fmt::Debug>(title: &str, survey: &[S], mut kill: impl FnMut(At<S>)) {
    assert!(survey.is_sorted(), "a state came back: {survey:?}");
    let wanted = std::env::var(PER_STEP).map_or(PER_STEP_DEFAULT, |text| text.parse().expect("a number of kills"));
    let mut kills = BTreeMap::new();
    for states in survey.chunk_by(|one, other| one == other) {
        let (state, steps) = (states[0], states.len());
        let count = wanted.max(steps.min(EACH_STEP_MAX));
        (0..count).for_each(|number| kill(At { state, offset: number * steps / count }));
        kills.insert(state, count);
    }
    println!("{} kills within {title}, which takes {} steps: {kills:?}", kills.values().sum::<usize>(), survey.len());
}
