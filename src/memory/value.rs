//! What a word can be: its tag, and tagged words passed around as values.

/// What a word of memory holds; one shadow byte a word says so.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Tag {
    /// A signed 64-bit integer.
    Integer,
    /// An IEEE double, by its bits.
    Float,
    /// 0 or 1.
    Boolean,
    /// The word 0.
    Null,
    /// A [`Pointer`] to the data of a block.
    Pointer,
    /// A [`Pointer`] whose serial is that of the record around an embedded array and whose address is
    /// that of the array's first element.
    InteriorPointer,
    /// A [`Pointer`] to the text of a string.
    String,
    /// Never written since the word was handed out. Behind all that can be read as it is, so that one comparison tells.
    #[default]
    Uninitialised,
    /// A pointer, or string, in a place that does not keep its block alive.
    WeakPointer,
    /// An interior pointer in such a place.
    WeakInteriorPointer,
    /// The boolean `false` in a block or a buffer, where the word under it need not say so, and is not touched.
    False,
    /// `true`, in the same way.
    True,
    /// Eight raw bytes, all initialised.
    Bytes,
    /// Eight raw bytes, some initialised; the byte masks say which.
    PartialBytes,
    /// A return address.
    CodeAddress,
    /// The address of the caller's frame.
    FrameLink,
    /// The header of a block of elements; its length counts words.
    ElementsHeader,
    /// The header of a block of bytes; its length counts bytes.
    BytesHeader,
    /// The header of a block that has not been used yet as bytes or as fields; length in bytes.
    PlainHeader,
    /// The header of a record, or of a plain block used as fields; its length is a layout id.
    FieldsHeader,
    /// The header of a string of ASCII characters; length in bytes.
    AsciiHeader,
    /// The header of a string with characters beyond ASCII; length in bytes.
    Utf8Header,
    /// The second header word that `refcount` needs.
    CountHeader,
    /// A word of a free run.
    Free,
    /// The first word of a free run.
    FreeHeader,
    /// A word of an allocator's own area.
    Control,
}

impl Tag {
    /// Whether a word of this tag is the header (the one next to the data) of a block.
    pub const fn is_header(self) -> bool {
        matches!(
            self,
            Tag::ElementsHeader
                | Tag::BytesHeader
                | Tag::PlainHeader
                | Tag::FieldsHeader
                | Tag::AsciiHeader
                | Tag::Utf8Header
        )
    }

    /// Whether a word of this tag refers to a block and keeps it alive, under a strategy that asks.
    pub const fn is_reference(self) -> bool {
        matches!(self, Tag::Pointer | Tag::InteriorPointer | Tag::String)
    }

    /// The boolean that it stands for, whatever the word is. No value in hand has such a tag.
    #[inline(always)]
    pub const fn implied(self) -> Option<bool> {
        match self {
            Tag::False => Some(false),
            Tag::True => Some(true),
            _ => None,
        }
    }

    /// The tag that stands for a boolean.
    #[inline(always)]
    pub const fn implying(boolean: bool) -> Tag {
        if boolean { Tag::True } else { Tag::False }
    }

    /// Whether a word of this tag is a weak place: it refers to a block that it does not keep alive. No
    /// value in hand has such a tag, as reading the place gives an ordinary reference.
    pub const fn is_weak(self) -> bool {
        matches!(self, Tag::WeakPointer | Tag::WeakInteriorPointer)
    }
}

/// An address with provenance: the serial number of the block it was made for in the high half,
/// the byte address in the low half. For all but interior pointers the address is that of the
/// block's first data word, and the header is the word below it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Pointer(pub u64);

impl Pointer {
    /// A pointer for the block of that serial.
    pub const fn new(serial: u32, address: u32) -> Pointer {
        Pointer((serial as u64) << 32 | address as u64)
    }

    /// Serial number of the block it was made for.
    pub const fn serial(self) -> u32 {
        (self.0 >> 32) as u32
    }

    /// Byte address.
    pub const fn address(self) -> u32 {
        self.0 as u32
    }
}

/// A tagged word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Value {
    /// The bits.
    pub word: u64,
    /// What they mean.
    pub tag: Tag,
}

impl Value {
    /// `null`
    pub const NULL: Value = Value { word: 0, tag: Tag::Null };
    /// What an unwritten word holds.
    pub const UNINITIALISED: Value = Value { word: 0, tag: Tag::Uninitialised };

    /// A value of these bits and tag.
    pub const fn new(word: u64, tag: Tag) -> Value {
        Value { word, tag }
    }

    /// An integer.
    pub const fn integer(value: i64) -> Value {
        Value { word: value as u64, tag: Tag::Integer }
    }

    /// A float.
    pub const fn float(value: f64) -> Value {
        Value { word: value.to_bits(), tag: Tag::Float }
    }

    /// A boolean.
    pub const fn boolean(value: bool) -> Value {
        Value { word: value as u64, tag: Tag::Boolean }
    }

    /// A pointer to a block.
    pub const fn pointer(pointer: Pointer) -> Value {
        Value { word: pointer.0, tag: Tag::Pointer }
    }

    /// The word as an integer; meaningful for [`Tag::Integer`].
    pub const fn as_integer(self) -> i64 {
        self.word as i64
    }

    /// The word as a float; meaningful for [`Tag::Float`].
    pub const fn as_float(self) -> f64 {
        f64::from_bits(self.word)
    }

    /// The word as a pointer; meaningful for references.
    pub const fn as_pointer(self) -> Pointer {
        Pointer(self.word)
    }
}
