//! What happened to blocks, for whoever watches a run. Kept only while somebody does.

use super::block::Block;

/// Something that happened to a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// It was allocated.
    Allocated(Block),
    /// The block of that serial number was freed, by whomever.
    Freed(u32),
    /// An error was reported, and the program goes on.
    Reported,
}

/// The events since they were last taken; none are kept until it is opened.
#[derive(Debug, Default)]
pub struct Journal(Option<Vec<Event>>);

impl Journal {
    /// From now on events are kept.
    pub fn open(&mut self) {
        self.0.get_or_insert_default();
    }

    /// Whether events are kept.
    #[inline]
    pub const fn is_open(&self) -> bool {
        self.0.is_some()
    }

    /// Adds an event, if events are kept.
    #[inline]
    pub fn record(&mut self, event: Event) {
        if let Some(events) = &mut self.0 {
            events.push(event);
        }
    }

    /// The events since the last call.
    pub fn take(&mut self) -> Vec<Event> {
        self.0.as_mut().map(std::mem::take).unwrap_or_default()
    }
}
