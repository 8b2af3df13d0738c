//! Types as the compiler knows them: sets of what a value may be. What a program claims of the types
//! of its parameters, results, globals and fields stands beside its code; the verifier proves it.

use super::operand::AllocationKind;

/// What a slot, a global or a field may hold: a set of kinds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Type(u16);

impl Type {
    /// No value at all: no path leads here.
    pub const NOTHING: Type = Type(0);
    /// An integer.
    pub const INTEGER: Type = Type(1);
    /// A float.
    pub const FLOAT: Type = Type(1 << 1);
    /// A boolean.
    pub const BOOLEAN: Type = Type(1 << 2);
    /// Null.
    pub const NULL: Type = Type(1 << 3);
    /// A pointer into a block, or to a buffer of a frame.
    pub const INTERIOR: Type = Type(1 << 4);
    /// A string.
    pub const STRING: Type = Type(1 << 5);
    /// A reference that does not keep its block alive, in the place that makes it so.
    pub const WEAK: Type = Type(1 << 6);
    /// A variable without a value.
    pub const UNASSIGNED: Type = Type(1 << 7);
    /// A pointer to a block of fields, or to a plain one, which may have become one of bytes.
    pub const FIELDS: Type = Type(1 << 8);
    /// A pointer to a block of a class.
    pub const fn array(class: Class) -> Type {
        Type(1 << (9 + class as u16))
    }

    /// A pointer to a block of zeroed integers.
    pub const INTEGERS: Type = Type::array(Class::Integers);
    /// A pointer to a block of zeroed floats.
    pub const FLOATS: Type = Type::array(Class::Floats);
    /// A pointer to a block of booleans that were false at first.
    pub const BOOLEANS: Type = Type::array(Class::Booleans);
    /// A pointer to a block.
    pub const BLOCK: Type = Type(0xFF00);
    /// A pointer to a block, or into one.
    pub const POINTER: Type = Self::BLOCK.or(Self::INTERIOR);

    /// A link of a list or a tree: a pointer to a block that may have fields, or null.
    pub const LINK: Type = Type::FIELDS.or(Type::NULL);

    /// An integer or a float.
    pub const NUMBER: Type = Type(Self::INTEGER.0 | Self::FLOAT.0);
    /// What has elements, fields or a length.
    pub const REFERENCE: Type = Type(Self::POINTER.0 | Self::STRING.0);
    /// What refers to no block.
    pub const UNCOUNTED: Type = Type(Self::NUMBER.0 | Self::BOOLEAN.0 | Self::NULL.0 | Self::UNASSIGNED.0);
    /// Whatever an expression can give.
    pub const VALUE: Type = Type(Self::NUMBER.0 | Self::BOOLEAN.0 | Self::NULL.0 | Self::REFERENCE.0);
    /// Whatever a slot can hold.
    pub const ANY: Type = Type(u16::MAX);

    /// What is one or the other.
    #[must_use]
    pub const fn or(self, other: Type) -> Type {
        Type(self.0 | other.0)
    }

    /// What is both.
    #[must_use]
    pub const fn and(self, other: Type) -> Type {
        Type(self.0 & other.0)
    }

    /// What is this and not the other.
    #[must_use]
    pub const fn without(self, other: Type) -> Type {
        Type(self.0 & !other.0)
    }

    /// Whether every value of this type is one of the other.
    pub const fn is(self, other: Type) -> bool {
        self.0 & !other.0 == 0
    }

    /// Whether some value of this type is one of the other.
    pub const fn may_be(self, other: Type) -> bool {
        self.0 & other.0 != 0
    }

    /// Whether there is no such value.
    pub const fn is_nothing(self) -> bool {
        self.0 == 0
    }

    /// The classes of blocks that a value of this type may point to.
    pub fn classes(self) -> impl Iterator<Item = Class> {
        CLASSES.into_iter().filter(move |&class| self.may_be(Type::array(class)))
    }

    /// What reading an element of a value of this type may give, besides what elements of its classes hold.
    pub const fn element(self) -> Type {
        if self.may_be(Type::INTERIOR) {
            return Type::VALUE;
        }
        // Of what may have fields only bytes have indices.
        let byte = if self.may_be(Type::FIELDS) { Type::INTEGER } else { Type::NOTHING };
        if self.may_be(Type::STRING) { byte.or(Type::STRING) } else { byte }
    }

    /// What a block of another size is that takes the place of one: what is behind the old contents has no first value.
    pub fn resized(self) -> Type {
        let resized = |class| match class {
            Class::Bytes => Type::array(Class::Bytes),
            _ => Type::array(Class::Elements),
        };
        if self.may_be(Type::INTERIOR) {
            return Type::VALUE;
        }
        self.classes().fold(self.and(Type::FIELDS).or(Type::NULL), |known, class| known.or(resized(class)))
    }

    /// The type that a version of a function is made for where an argument is of this one: itself if
    /// instructions can make use of it, otherwise any value. What ends a list or a tree makes no version of its own.
    #[must_use]
    pub fn as_parameter(self) -> Type {
        match self {
            _ if self.is(Type::LINK) => Type::LINK,
            _ if self.name().is_some() => self,
            _ if self.is(Type::VALUE) => Type::VALUE,
            _ => Type::ANY,
        }
    }

    /// Its name, if instructions can make use of it.
    pub fn name(self) -> Option<&'static str> {
        match self {
            Type::INTEGER => Some("integer"),
            Type::FLOAT => Some("float"),
            Type::BOOLEAN => Some("boolean"),
            Type::LINK => Some("fields or null"),
            _ => CLASSES.into_iter().find(|&class| self == Type::array(class)).map(Class::name),
        }
    }
}

/// A class of blocks of elements: how they were made. What is in elements is known class by class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// Zeroed bytes.
    Bytes,
    /// Zeroed integers.
    Integers,
    /// Zeroed floats.
    Floats,
    /// Booleans that were false at first.
    Booleans,
    /// Pointers that were null at first.
    Pointers,
    /// Elements without a first value.
    Elements,
    /// Array literals.
    Literals,
}

/// All of them, in the order of their numbers.
pub const CLASSES: [Class; 7] =
    [Class::Bytes, Class::Integers, Class::Floats, Class::Booleans, Class::Pointers, Class::Elements, Class::Literals];

impl Class {
    /// Of the blocks that an allocation makes. Plain ones may turn out to have fields.
    pub const fn of(kind: AllocationKind) -> Option<Class> {
        match kind {
            AllocationKind::Plain => None,
            AllocationKind::Elements => Some(Class::Elements),
            AllocationKind::ZeroBytes => Some(Class::Bytes),
            AllocationKind::ZeroIntegers => Some(Class::Integers),
            AllocationKind::ZeroFloats => Some(Class::Floats),
            AllocationKind::ZeroBooleans => Some(Class::Booleans),
            AllocationKind::ZeroPointers => Some(Class::Pointers),
        }
    }

    /// What elements hold before anything is stored in them.
    pub const fn unstored(self) -> Type {
        match self {
            Class::Bytes | Class::Integers => Type::INTEGER,
            Class::Floats => Type::FLOAT,
            Class::Booleans => Type::BOOLEAN,
            Class::Pointers => Type::NULL,
            Class::Elements | Class::Literals => Type::NOTHING,
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Class::Bytes => "bytes",
            Class::Integers => "integers",
            Class::Floats => "floats",
            Class::Booleans => "booleans",
            Class::Pointers => "pointers",
            Class::Elements => "elements",
            Class::Literals => "literal",
        }
    }
}

/// The types of a function: what its code relies on, and what callers may rely on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FunctionTypes {
    /// Of its parameters.
    pub parameters: Vec<Type>,
    /// Of what it returns.
    pub result: Type,
}

/// What a program claims of types; nothing at all, or something of each function that is ever called.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Types {
    /// By function; none of those that nothing calls.
    pub functions: Vec<Option<FunctionTypes>>,
    /// By global, once it has a value.
    pub globals: Vec<Type>,
    /// By the name of a field, once it has a value, in whatever block.
    pub fields: Vec<Type>,
    /// By the name of a field: what it holds wherever code can get at it, if it has a value there for certain. Of the
    /// others anything.
    pub settled_fields: Vec<Type>,
    /// By class of blocks: their elements, once they have a value.
    pub elements: Vec<Type>,
}

impl Types {
    /// No claims.
    pub const NONE: Types = Types {
        functions: Vec::new(),
        globals: Vec::new(),
        fields: Vec::new(),
        settled_fields: Vec::new(),
        elements: Vec::new(),
    };

    /// Those of a function, if it has any.
    pub fn of(&self, function: u32) -> Option<&FunctionTypes> {
        self.functions.get(function as usize)?.as_ref()
    }

    /// Of a global that has a value.
    pub fn global(&self, global: u32) -> Type {
        self.globals.get(global as usize).copied().unwrap_or(Type::VALUE)
    }

    /// Of a field, by its name's index, that has a value.
    pub fn field(&self, name: u32) -> Type {
        self.fields.get(name as usize).copied().unwrap_or(Type::VALUE)
    }

    /// Of a field, by its name's index, whether it has a value or not.
    pub fn settled_field(&self, name: u32) -> Type {
        self.settled_fields.get(name as usize).copied().unwrap_or(Type::ANY)
    }

    /// Of an element that has a value.
    pub fn element(&self, class: Class) -> Type {
        self.elements.get(class as usize).copied().unwrap_or(Type::VALUE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_sets() {
        assert!(Type::INTEGER.is(Type::NUMBER) && !Type::NUMBER.is(Type::INTEGER));
        assert!(Type::NUMBER.may_be(Type::INTEGER) && !Type::STRING.may_be(Type::NUMBER));
        assert!(Type::INTEGER.and(Type::FLOAT).is_nothing());
        assert_eq!(Type::NUMBER.without(Type::FLOAT), Type::INTEGER);
        assert_eq!(Type::VALUE.or(Type::WEAK).or(Type::UNASSIGNED), Type::ANY);
    }

    #[test]
    fn pointers_are_told_apart_by_the_class_of_their_block() {
        let arrays = CLASSES.into_iter().fold(Type::NOTHING, |known, class| known.or(Type::array(class)));
        assert_eq!(arrays.or(Type::FIELDS), Type::BLOCK);
        assert!(CLASSES.iter().enumerate().all(|(at, &class)| class as usize == at));
        assert_eq!(Type::array(Class::Floats).classes().collect::<Vec<_>>(), [Class::Floats]);
        assert_eq!(Type::VALUE.classes().count(), CLASSES.len());
        assert_eq!(Type::VALUE.element(), Type::VALUE);
        assert_eq!(arrays.or(Type::STRING).element(), Type::STRING);
        assert_eq!(Type::FIELDS.element(), Type::INTEGER);
    }

    #[test]
    fn versions_are_made_for_types_that_instructions_know() {
        assert_eq!(Type::FLOAT.as_parameter(), Type::FLOAT);
        assert_eq!(Type::NUMBER.as_parameter(), Type::VALUE);
        assert_eq!(Type::NULL.or(Type::POINTER).as_parameter(), Type::VALUE);
        assert_eq!([Type::FIELDS, Type::NULL, Type::LINK].map(Type::as_parameter), [Type::LINK; 3]);
        let (integers, floats) = (Type::array(Class::Integers), Type::array(Class::Floats));
        assert_eq!(integers.as_parameter(), integers);
        assert_eq!(integers.or(floats).as_parameter(), Type::VALUE);
        assert_eq!(integers.or(Type::NULL).as_parameter(), Type::VALUE);
        assert_eq!(Type::INTEGER.or(Type::UNASSIGNED).as_parameter(), Type::ANY);
    }
}
