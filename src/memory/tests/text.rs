//! Strings: literals, characters, order.

use std::cmp::Ordering;

use proptest::prelude::*;

use super::*;

#[test]
fn literals_are_shared_and_characters_are_static() {
    let mut memory = memory();
    let literal = memory.add_literal("Player 1").unwrap();
    assert_eq!(memory.add_literal("Player 1"), Ok(literal));
    assert_ne!(memory.add_literal("Player 2"), Ok(literal));
    assert_eq!(memory.text(literal).as_deref(), Ok("Player 1"));
    assert_eq!(memory.block(literal).unwrap().place, Place::Static);
    let letter = memory.add_literal("a").unwrap();
    assert_eq!(memory.load_element(literal, 2, 0), Ok(letter));
    assert_eq!(memory.make_string("a", 0), Ok(letter));
    for character in 0..128u8 {
        let text = char::from(character).to_string();
        let value = memory.make_string(&text, 0).unwrap();
        assert_eq!(memory.text(value), Ok(text));
        assert_eq!(memory.length(value), Ok(1));
    }
    assert_eq!(memory.statistics().allocations, 0);
    let empty = memory.make_string("", 0).unwrap();
    assert_eq!((memory.text(empty).as_deref(), memory.length(empty)), (Ok(""), Ok(0)));
    assert_eq!(memory.block(empty).unwrap().place, Place::Heap);
    audit(&memory);
}

#[test]
fn strings_are_immutable_and_bounded() {
    let mut memory = memory();
    for text in ["heap text", "größer"] {
        let literal = memory.add_literal(text).unwrap();
        let made = memory.make_string(text, 0).unwrap();
        for string in [literal, made] {
            let block = memory.block(string).unwrap();
            assert_eq!(memory.store_element(string, 0, Value::integer(65)), Err(Fault::Immutable(block)));
            assert_eq!(memory.write_first(string, Value::integer(65)), Err(Fault::Immutable(block)));
            assert_eq!(memory.write_bytes(string, 0, b"x"), Err(Fault::Immutable(block)));
            assert!(matches!(memory.load_field(string, FieldName(0)), Err(Fault::NoFields(_))));
            let length = memory.length(string).unwrap() as i64;
            let end = i64::from(block.pointer.address()) + text.len() as i64;
            for (index, address) in [(length, end), (length + 5, end + 5), (-2, end - text.len() as i64 - 2)] {
                let loaded = memory.load_element(string, index, 0);
                assert!(
                    matches!(loaded, Err(Fault::OutOfBounds(a)) if a.index == index && a.address == address && a.bytes == 1),
                    "{loaded:?}"
                );
            }
            memory.load_element(string, i64::MAX, 0).unwrap_err();
            memory.load_element(string, i64::MIN, 0).unwrap_err();
        }
    }
    let block = array(&mut memory, &[]);
    assert_eq!(memory.text(block), Err(Fault::NotAString(block)));
    assert_eq!(memory.text(Value::NULL), Err(Fault::NullDereference));
}

#[test]
fn temporaries_are_dropped() {
    let mut memory = memory();
    let text = memory.make_string("some text", 0).unwrap();
    let letter = memory.make_string("x", 0).unwrap();
    for value in [text, text, letter, Value::NULL, Value::integer(1)] {
        assert_eq!(memory.drop_temporary(value), Ok(()));
    }
    assert_eq!(memory.statistics().frees, 1);
    assert_eq!(memory.text(text), Err(Fault::UseAfterFree(text.as_pointer())));
    let block = array(&mut memory, &[]);
    memory.drop_temporary(block).unwrap();
    assert_eq!(memory.statistics().frees, 1);
    audit(&memory);
}

#[test]
fn walking_a_long_string_is_linear() {
    let mut memory = memory();
    let text = "aé→𝄞".repeat(50_000);
    let string = memory.make_string(&text, 0).unwrap();
    let mut read = String::new();
    for index in 0..memory.length(string).unwrap() as i64 {
        assert_eq!(memory.length(string), Ok(200_000));
        let character = memory.load_element(string, index, 0).unwrap();
        read += &memory.text(character).unwrap();
        memory.drop_temporary(character).unwrap();
    }
    assert_eq!(read, text);
    for index in (0..200_000).rev() {
        let end = memory.substring(string, index, index + 1).unwrap();
        assert_eq!(end.chars().next(), ['a', 'é', '→', '𝄞'].get(index as usize % 4).copied());
    }
    audit(&memory);
}

proptest! {
    #[test]
    fn characters_agree_with_the_host(text in "[a-zé→𝄞]{0,12}", other in "[a-zé→𝄞]{0,12}", picks in prop::collection::vec(-2..14i64, 0..20)) {
        let mut memory = memory();
        let string = memory.make_string(&text, 0).unwrap();
        let literal = memory.add_literal(&other).unwrap();
        let characters: Vec<char> = text.chars().collect();
        prop_assert_eq!(memory.length(string), Ok(characters.len() as u64));
        prop_assert_eq!(memory.compare_text(string, literal), Ok(text.cmp(&other)));
        prop_assert_eq!(memory.compare_text(string, string), Ok(Ordering::Equal));
        for pair in picks.windows(2) {
            let (from, to) = (pair[0], pair[1]);
            let loaded = memory.load_element(string, from, 0).ok().map(|value| memory.text(value).unwrap());
            let expected = usize::try_from(from).ok().and_then(|from| characters.get(from));
            prop_assert_eq!(loaded, expected.map(char::to_string));
            let sub = memory.substring(string, from, to).ok();
            let expected = if from >= 0 && to >= from { characters.get(from as usize..to as usize) } else { None };
            prop_assert_eq!(sub, expected.map(|characters| characters.iter().collect::<String>()));
        }
        prop_assert_eq!(memory.text(string), Ok(text));
        prop_assert_eq!(memory.text(literal), Ok(other));
        prop_assert_eq!(memory.audit(), Ok(()));
    }
}
