//! What the machine asks of the engine: a bounded queue that holds nothing twice.

use super::{Machine, REQUESTS_MAX};
use crate::error::Code;
use crate::input::Request;

impl Machine {
    /// Takes the oldest request to the engine. A request that waits already is not queued twice.
    pub fn take_request(&mut self) -> Option<Request> {
        let request = self.requests.pop_front()?;
        match request {
            Request::DepthSnapshot { instrument } => {
                if let Some(slot) = self.slot(instrument) {
                    self.entries[slot as usize].sync.queued = false;
                }
            }
            Request::Reconnect { connection, .. } | Request::Leave { connection } => {
                self.connections[usize::from(connection)].reconnect_queued = false
            }
            Request::Trades { .. }
            | Request::ControlReply { .. }
            | Request::Answer { .. }
            | Request::Renew { .. }
            | Request::Audit { .. }
            | Request::Source { .. } => {}
        }
        Some(request)
    }

    pub(super) fn push_request(&mut self, request: Request) -> bool {
        let room = self.requests.len() < REQUESTS_MAX;
        if room {
            self.requests.push_back(request);
        }
        room
    }

    pub(super) fn request_reconnect(&mut self, connection: u16, code: Option<Code>) {
        if !self.connections[usize::from(connection)].reconnect_queued {
            let queued = self.push_request(Request::Reconnect { connection, code });
            self.connections[usize::from(connection)].reconnect_queued = queued;
        }
    }

    /// The venue announces the end of a connection.
    pub(super) fn request_leave(&mut self, connection: u16) {
        if !self.connections[usize::from(connection)].reconnect_queued {
            let queued = self.push_request(Request::Leave { connection });
            self.connections[usize::from(connection)].reconnect_queued = queued;
        }
    }

    /// Queues a request for a snapshot, unless one waits in the queue.
    pub(super) fn request_snapshot(&mut self, slot: u32, now: u64) {
        let entry = &mut self.entries[slot as usize];
        if entry.sync.queued {
            // When the engine takes requests is no input: it must not be seen in the state.
            entry.sync.asked_at = Some(now);
            return;
        }
        let instrument = entry.definition.id;
        let queued = self.push_request(Request::DepthSnapshot { instrument });
        let sync = &mut self.entries[slot as usize].sync;
        sync.queued = queued;
        // Without room in the queue the next tick tries again.
        sync.asked_at = Some(if queued { now } else { 0 });
    }

    /// Withdraws the wish to replace a connection, which has ended.
    pub(super) fn withdraw_reconnect(&mut self, connection: u16) {
        if std::mem::take(&mut self.connections[usize::from(connection)].reconnect_queued) {
            self.requests.retain(|request| match request {
                Request::Reconnect { connection: of, .. } | Request::Leave { connection: of } => *of != connection,
                _ => true,
            });
        }
    }
}
