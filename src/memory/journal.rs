//! What happened to blocks, for whoever watches a run. Kept only while somebody does.

/// Something that happened to the block of a serial number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// It was allocated, with so many bytes as asked for.
    Allocated(u32, u64),
    /// It was freed, by whomever.
    Freed(u32),
}

/// The events since they were last taken; none are kept until it is opened.
#[derive(Debug, Default)]
pub struct Journal(Option<Vec<Event>>);

impl Journal {
    /// From now on events are kept.
    pub fn open(&mut self) {
        self.0.get_or_insert_default();
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
