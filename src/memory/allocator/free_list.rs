//! The address-ordered free list with boundary tags (Knuth, TAOCP 1, 2.5), which the fitting
//! allocators share; they differ in which run they pick.
//!
//! A free run of `n` words, halves of words as (high, low); `m` is `2n + 1`:
//!
//! ```text
//! word 0        (address of the next free run or 0,      m)
//! word 1        (address of the previous free run or 0,  –)
//! word n - 1    (–,                                      m)
//! ```
//!
//! Bit 0 of a run's first word says that *it or the run before it* is free. Two neighbours are never
//! both free, so a live run reads in its own bit whether its predecessor is free, and in that of
//! its successor whether the successor is. The bit of the run that would follow the last one is in
//! the control area. A run of one word has no room for links: it is on no list, and is won back
//! when a neighbour is freed.

use super::super::address_space::Segment;
use super::super::fault::Fault;
use super::super::value::Tag;
use super::{Arena, Run, RunState};

/// Control word: address of the lowest free run.
const HEAD: usize = 0;
/// Control word: address of a free run, at or near the last one that was freed. Frees come in
/// clusters, so the search for a run's place in the list starts here.
const FINGER: usize = 1;
/// Control word: its bit 0 says that the last run of the heap is free.
const END: usize = 2;

/// A free run as its own words describe it; links are addresses, 0 for none.
#[derive(Clone, Copy, Debug)]
pub struct FreeRun {
    pub start: usize,
    pub words: usize,
    previous: u32,
    next: u32,
}

const fn boundary(words: usize) -> u64 {
    (words as u64) << 1 | 1
}

const fn length(word: u64) -> usize {
    (word as u32 >> 1) as usize
}

const fn link(word: u64) -> u32 {
    (word >> 32) as u32
}

const fn pack(link: u32, low: u64) -> u64 {
    (link as u64) << 32 | low
}

/// A walk along the list from its lowest run. A list that never ends is a fault.
pub struct Walk {
    next: u32,
    /// Address of the run returned last, 0 before the first.
    pub last: u32,
    budget: usize,
}

impl Walk {
    pub fn new(arena: &Arena<'_>) -> Walk {
        Walk { next: arena.control(HEAD) as u32, last: 0, budget: arena.end() }
    }

    #[inline]
    pub fn step(&mut self, arena: &mut Arena<'_>) -> Result<Option<FreeRun>, Fault> {
        if self.next == 0 {
            return Ok(None);
        }
        if self.budget == 0 {
            return Err(Fault::Segmentation(u64::from(self.next)));
        }
        self.budget -= 1;
        arena.statistics.search_steps += 1;
        let run = read(arena, self.next)?;
        self.last = self.next;
        self.next = run.next;
        Ok(Some(run))
    }
}

/// Hands out the first `words` words of `run`, which has at least as many.
pub fn take(arena: &mut Arena<'_>, run: FreeRun, words: usize) -> Result<usize, Fault> {
    let rest = run.words - words;
    if rest > 0 {
        arena.statistics.splits += 1;
        let start = run.start + words;
        arena.shade(start, 1, Tag::FreeHeader)?;
        if rest > 1 {
            relocate(arena, run, FreeRun { start, words: rest, ..run })?;
        } else {
            remove(arena, run)?;
            arena.set_word(start, boundary(1))?;
        }
    } else {
        remove(arena, run)?;
        set_free_before(arena, run.start + words, false)?;
    }
    arena.set_word(run.start, 0)?;
    Ok(run.start)
}

/// Obtains the pages that make the last run `words` long. `last` is the highest run of the list.
pub fn extend(arena: &mut Arena<'_>, last: u32, words: usize) -> Result<Option<FreeRun>, Fault> {
    let end = arena.end();
    let tail = if arena.control(END) & 1 == 1 { length(arena.word(end - 1)?) } else { 0 };
    let Some(more) = arena.grow(words - tail.min(words))? else { return Ok(None) };
    let start = end.checked_sub(tail).ok_or(Fault::Segmentation(u64::from(last)))?;
    let old = if tail > 1 { Some(read(arena, arena.address(start))?) } else { None };
    let previous = old.map_or(last, |old| old.previous);
    let run = FreeRun { start, words: tail + more, previous, next: 0 };
    arena.shade(start, 1, Tag::FreeHeader)?;
    insert(arena, run)?;
    set_free_before(arena, start + run.words, true)?;
    Ok(Some(run))
}

/// Frees `words` words from `start` and joins them with what is free on either side.
pub fn give_back(arena: &mut Arena<'_>, start: usize, words: usize) -> Result<(), Fault> {
    let end = start + words;
    let below = if arena.word(start)? & 1 == 1 {
        let words = length(arena.word(start - 1)?);
        Some(start.checked_sub(words).ok_or(Fault::Segmentation(u64::from(arena.address(start - 1))))?)
    } else {
        None
    };
    let above = if end < arena.end() {
        let word = arena.word(end)?;
        if word & 1 == 1 { Some(length(word)) } else { None }
    } else {
        None
    };
    let merged_start = below.unwrap_or(start);
    let merged_end = end + above.unwrap_or(0);
    let merged = |previous, next| FreeRun { start: merged_start, words: merged_end - merged_start, previous, next };

    arena.shade(start, words, Tag::Free)?;
    if above.is_some() {
        arena.shade(end, 1, Tag::Free)?;
    }
    arena.shade(merged_start, 1, Tag::FreeHeader)?;
    arena.statistics.coalesces += u64::from(below.is_some()) + u64::from(above.is_some());

    let listed_below = match below {
        Some(below) if start - below > 1 => Some(read(arena, arena.address(below))?),
        _ => None,
    };
    let listed_above = match above {
        Some(words) if words > 1 => Some(read(arena, arena.address(end))?),
        _ => None,
    };
    match (listed_below, listed_above) {
        (Some(low), Some(high)) => {
            remove(arena, high)?;
            insert(arena, merged(low.previous, high.next))?;
        }
        (Some(low), None) => write(arena, merged(low.previous, low.next))?,
        (None, Some(high)) => relocate(arena, high, merged(high.previous, high.next))?,
        (None, None) => {
            let (previous, next) = neighbours(arena, arena.address(merged_start))?;
            insert(arena, merged(previous, next))?;
        }
    }
    arena.set_word(FINGER, u64::from(arena.address(merged_start)))?;
    set_free_before(arena, merged_end, true)
}

/// The runs between which a run at `address` belongs.
fn neighbours(arena: &mut Arena<'_>, address: u32) -> Result<(u32, u32), Fault> {
    let mut at = arena.control(FINGER) as u32;
    if at == 0 {
        return Ok((0, 0));
    }
    let upwards = at < address;
    for _ in 0..arena.end() {
        arena.statistics.search_steps += 1;
        let run = read(arena, at)?;
        let onwards = if upwards { run.next } else { run.previous };
        if onwards == 0 || (onwards < address) != upwards {
            return Ok(if upwards { (at, onwards) } else { (onwards, at) });
        }
        at = onwards;
    }
    Err(Fault::Segmentation(u64::from(at)))
}

#[inline]
fn read(arena: &Arena<'_>, address: u32) -> Result<FreeRun, Fault> {
    let start = arena.index(address)?;
    let word = arena.word(start)?;
    Ok(FreeRun { start, words: length(word), next: link(word), previous: link(arena.word(start + 1)?) })
}

/// Writes the words of a run of at least two; its neighbours in the list know of it already.
fn write(arena: &mut Arena<'_>, run: FreeRun) -> Result<(), Fault> {
    arena.set_word(run.start, pack(run.next, boundary(run.words)))?;
    if run.words > 2 {
        arena.set_word(run.start + 1, pack(run.previous, 0))?;
        arena.set_word(run.start + run.words - 1, boundary(run.words))
    } else {
        arena.set_word(run.start + 1, pack(run.previous, boundary(run.words)))
    }
}

/// Writes a run and makes its neighbours in the list point to it.
fn insert(arena: &mut Arena<'_>, run: FreeRun) -> Result<(), Fault> {
    write(arena, run)?;
    let address = arena.address(run.start);
    set_next(arena, run.previous, address)?;
    set_previous(arena, run.next, address)?;
    if arena.control(FINGER) == 0 { arena.set_word(FINGER, u64::from(address)) } else { Ok(()) }
}

/// Replaces a run of the list by another one with the same neighbours.
fn relocate(arena: &mut Arena<'_>, old: FreeRun, new: FreeRun) -> Result<(), Fault> {
    insert(arena, new)?;
    move_finger(arena, old, arena.address(new.start))
}

fn remove(arena: &mut Arena<'_>, run: FreeRun) -> Result<(), Fault> {
    set_next(arena, run.previous, run.next)?;
    set_previous(arena, run.next, run.previous)?;
    move_finger(arena, run, if run.next == 0 { run.previous } else { run.next })
}

fn move_finger(arena: &mut Arena<'_>, from: FreeRun, to: u32) -> Result<(), Fault> {
    if arena.control(FINGER) == u64::from(arena.address(from.start)) {
        arena.set_word(FINGER, u64::from(to))?;
    }
    Ok(())
}

fn set_next(arena: &mut Arena<'_>, run: u32, next: u32) -> Result<(), Fault> {
    if run == 0 {
        return arena.set_word(HEAD, u64::from(next));
    }
    let start = arena.index(run)?;
    let word = arena.word(start)?;
    arena.set_word(start, pack(next, u64::from(word as u32)))
}

fn set_previous(arena: &mut Arena<'_>, run: u32, previous: u32) -> Result<(), Fault> {
    if run == 0 {
        return Ok(());
    }
    let second = arena.index(run)? + 1;
    let word = arena.word(second)?;
    arena.set_word(second, pack(previous, u64::from(word as u32)))
}

/// Tells the live run at `index`, or the control area where the heap ends, whether what lies before
/// it is free.
fn set_free_before(arena: &mut Arena<'_>, index: usize, free: bool) -> Result<(), Fault> {
    let index = if index == arena.end() { END } else { index };
    let word = arena.word(index)?;
    arena.set_word(index, word & !1 | u64::from(free))
}

/// Checks list, boundary tags and bits 0 against the runs that the shadow tells of.
pub fn audit(heap: &Segment, runs: &[Run]) -> Result<(), String> {
    let word = |index: usize| heap.words.get(index).copied().unwrap_or(0);
    let mut previous = 0;
    let mut expected = word(HEAD) as u32;
    let mut finger_found = false;
    let mut before_is_free = false;
    for run in runs {
        let address = heap.address(run.start);
        let first = word(run.start);
        let free = run.state == RunState::Free;
        if free {
            if before_is_free {
                return Err(format!("the free run at {address:#010x} follows a free run"));
            }
            if length(first) != run.words || word(run.start + run.words - 1) as u32 != first as u32 {
                return Err(format!("the boundary tags of the free run at {address:#010x} disagree with the shadow"));
            }
            if run.words > 1 {
                if expected != address || link(word(run.start + 1)) != previous {
                    return Err(format!("the free list misses the free run at {address:#010x}"));
                }
                finger_found |= word(FINGER) == u64::from(address);
                previous = address;
                expected = link(first);
            }
        }
        if run.state != RunState::Control && (first & 1 == 1) != (free || before_is_free) {
            return Err(format!("bit 0 of the run at {address:#010x} is wrong"));
        }
        before_is_free = free;
    }
    if expected != 0 {
        return Err(format!("the free list goes on at {expected:#010x}, where no free run is"));
    }
    if finger_found == (previous == 0) || (previous == 0 && word(FINGER) != 0) {
        return Err("the finger points at no free run".to_owned());
    }
    if (word(END) & 1 == 1) != before_is_free {
        return Err("the bit of the end of the heap is wrong".to_owned());
    }
    Ok(())
}
