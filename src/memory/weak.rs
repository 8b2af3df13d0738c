//! Weak places: words that refer to a block and do not keep it alive. Nothing has to be cleared when
//! the block goes: a serial is never used again, so the place finds out when it is read.

use super::heap::Memory;
use super::value::{Tag, Value};

impl Memory {
    /// What a weak place holds that an ordinary reference is stored in. Anything else is itself.
    pub const fn weaken(value: Value) -> Value {
        match value.tag {
            Tag::Pointer | Tag::String => Value::new(value.word, Tag::WeakPointer),
            Tag::InteriorPointer => Value::new(value.word, Tag::WeakInteriorPointer),
            _ => value,
        }
    }

    /// What reading a weak place gives: an ordinary reference, or null once its target is gone. What no
    /// weak place holds is itself.
    #[cold]
    pub fn strengthen(&self, value: Value) -> Value {
        let pointer = value.as_pointer();
        let (home, tag) = match value.tag {
            Tag::WeakPointer => (self.find(pointer), Tag::Pointer),
            Tag::WeakInteriorPointer => (self.find_around(pointer), Tag::InteriorPointer),
            _ => return value,
        };
        match home {
            Some(home) if self.holds_text(home) => Value::new(value.word, Tag::String),
            Some(_) => Value::new(value.word, tag),
            None => Value::NULL,
        }
    }
}
