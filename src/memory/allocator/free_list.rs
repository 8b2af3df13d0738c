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
use super::{Arena, Corrupted, Run, RunState};

/// Control word: address of the lowest free run.
const HEAD: usize = 0;
/// Control word: its bit 0 says that the last run of the heap is free.
const END: usize = 1;
/// Control word: logarithm of the words of a zone.
const ZONE_SHIFT: usize = 2;
/// First control word of the fingers. The heap is divided into equal zones, which double when it
/// outgrows them; a zone's finger is the address of a listed run that starts in it, or 0. The search
/// for a run's place in the list starts at the nearest finger, which is the run freed last in that
/// zone: frees come in clusters.
const FINGERS: usize = 16;
/// How many zones there are.
const ZONES: usize = 448;
/// Words of a zone at first: a page.
const LEAST_ZONE_SHIFT: u64 = 9;

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
    pub fn step(&mut self, arena: &mut Arena<'_>) -> Result<Option<FreeRun>, Corrupted> {
        if self.next == 0 {
            return Ok(None);
        }
        if self.budget == 0 {
            return Err(Corrupted(u64::from(self.next)));
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
pub fn take(arena: &mut Arena<'_>, run: FreeRun, words: usize) -> Result<usize, Corrupted> {
    let rest = run.words - words;
    if rest > 0 {
        arena.statistics.splits += 1;
        let start = run.start + words;
        arena.shade_header(start)?;
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
    widen_zones(arena)?;
    let start = end.checked_sub(tail).ok_or(Corrupted(u64::from(last)))?;
    let previous = if tail > 1 { read(arena, arena.address(start))?.previous } else { last };
    let run = FreeRun { start, words: tail + more, previous, next: 0 };
    arena.shade(end, 1, Tag::Free)?;
    arena.shade_header(start)?;
    insert(arena, run)?;
    set_free_before(arena, start + run.words, true)?;
    Ok(Some(run))
}

/// Frees `words` words from `start` and joins them with what is free on either side.
pub fn give_back(arena: &mut Arena<'_>, start: usize, words: usize) -> Result<(), Corrupted> {
    let end = start + words;
    let below = if arena.word(start)? & 1 == 1 { length(arena.word(start - 1)?) } else { 0 };
    let above = match end < arena.end() {
        true if arena.word(end)? & 1 == 1 => length(arena.word(end)?),
        _ => 0,
    };
    let merged_start = start.checked_sub(below).ok_or(Corrupted(u64::from(arena.address(start))))?;
    let merged = |previous, next| FreeRun { start: merged_start, words: below + words + above, previous, next };

    arena.shade(start, words, Tag::Free)?;
    if above > 0 {
        arena.shade(end, 1, Tag::Free)?;
    }
    arena.shade_header(merged_start)?;
    arena.statistics.coalesces += u64::from(below > 0) + u64::from(above > 0);

    // A run of one word is on no list.
    let low = if below > 1 { Some(read(arena, arena.address(merged_start))?) } else { None };
    let high = if above > 1 { Some(read(arena, arena.address(end))?) } else { None };
    let address = arena.address(merged_start);
    match (low, high) {
        (Some(low), Some(high)) => {
            remove(arena, high)?;
            insert(arena, merged(low.previous, high.next))?;
        }
        (Some(low), None) => write(arena, merged(low.previous, low.next))?,
        (None, Some(high)) => relocate(arena, high, merged(high.previous, high.next))?,
        (None, None) => {
            let (previous, next) = neighbours(arena, address)?;
            insert(arena, merged(previous, next))?;
        }
    }
    let finger = finger(arena, address);
    arena.set_word(finger, u64::from(address))?;
    set_free_before(arena, merged_start + below + words + above, true)
}

/// The runs between which a run at `address` belongs.
fn neighbours(arena: &mut Arena<'_>, address: u32) -> Result<(u32, u32), Corrupted> {
    let zone = finger(arena, address);
    let nearest = (FINGERS..=zone).rev().chain(zone + 1..FINGERS + ZONES).find(|&finger| arena.control(finger) != 0);
    let Some(nearest) = nearest else { return Ok((0, 0)) };
    let mut at = arena.control(nearest) as u32;
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
    Err(Corrupted(u64::from(at)))
}

#[inline]
fn read(arena: &Arena<'_>, address: u32) -> Result<FreeRun, Corrupted> {
    let start = arena.index(address)?;
    let word = arena.word(start)?;
    Ok(FreeRun { start, words: length(word), next: link(word), previous: link(arena.word(start + 1)?) })
}

/// Writes the words of a run of at least two; its neighbours in the list know of it already.
fn write(arena: &mut Arena<'_>, run: FreeRun) -> Result<(), Corrupted> {
    arena.set_word(run.start, pack(run.next, boundary(run.words)))?;
    if run.words > 2 {
        arena.set_word(run.start + 1, pack(run.previous, 0))?;
        arena.set_word(run.start + run.words - 1, boundary(run.words))
    } else {
        arena.set_word(run.start + 1, pack(run.previous, boundary(run.words)))
    }
}

/// Writes a run and makes its neighbours in the list point to it.
fn insert(arena: &mut Arena<'_>, run: FreeRun) -> Result<(), Corrupted> {
    write(arena, run)?;
    let address = arena.address(run.start);
    set_next(arena, run.previous, address)?;
    set_previous(arena, run.next, address)?;
    let finger = finger(arena, address);
    if arena.control(finger) == 0 { arena.set_word(finger, u64::from(address)) } else { Ok(()) }
}

/// Replaces a run of the list by another one with the same neighbours.
fn relocate(arena: &mut Arena<'_>, old: FreeRun, new: FreeRun) -> Result<(), Corrupted> {
    lift_finger(arena, old, arena.address(new.start))?;
    insert(arena, new)
}

fn remove(arena: &mut Arena<'_>, run: FreeRun) -> Result<(), Corrupted> {
    set_next(arena, run.previous, run.next)?;
    set_previous(arena, run.next, run.previous)?;
    lift_finger(arena, run, 0)
}

/// Takes its zone's finger off a run that leaves the list: to its `successor` at nearly the same
/// place, if it has one, or to a neighbour.
fn lift_finger(arena: &mut Arena<'_>, run: FreeRun, successor: u32) -> Result<(), Corrupted> {
    let address = arena.address(run.start);
    let zone = finger(arena, address);
    if arena.control(zone) != u64::from(address) {
        return Ok(());
    }
    let heir = [successor, run.next, run.previous].into_iter().find(|&heir| heir != 0 && finger(arena, heir) == zone);
    arena.set_word(zone, u64::from(heir.unwrap_or(0)))
}

/// The control word of the finger for runs at `address`.
#[inline]
fn finger(arena: &Arena<'_>, address: u32) -> usize {
    finger_of(arena.control(ZONE_SHIFT), arena.index(address).unwrap_or(0))
}

#[inline]
fn finger_of(shift: u64, index: usize) -> usize {
    FINGERS + (index >> (shift & 31)).min(ZONES - 1)
}

/// Doubles the zones until they cover the heap.
fn widen_zones(arena: &mut Arena<'_>) -> Result<(), Corrupted> {
    let mut shift = arena.control(ZONE_SHIFT) & 31;
    if shift == 0 {
        shift = LEAST_ZONE_SHIFT;
    }
    while (arena.end() - 1) >> shift >= ZONES {
        shift += 1;
        for zone in 0..ZONES {
            let halves = [2 * zone, 2 * zone + 1].into_iter().filter(|&half| half < ZONES);
            let finger = halves.map(|half| arena.control(FINGERS + half)).find(|&finger| finger != 0);
            arena.set_word(FINGERS + zone, finger.unwrap_or(0))?;
        }
    }
    arena.set_word(ZONE_SHIFT, shift)
}

fn set_next(arena: &mut Arena<'_>, run: u32, next: u32) -> Result<(), Corrupted> {
    if run == 0 {
        return arena.set_word(HEAD, u64::from(next));
    }
    let start = arena.index(run)?;
    let word = arena.word(start)?;
    arena.set_word(start, pack(next, u64::from(word as u32)))
}

fn set_previous(arena: &mut Arena<'_>, run: u32, previous: u32) -> Result<(), Corrupted> {
    if run == 0 {
        return Ok(());
    }
    let second = arena.index(run)? + 1;
    let word = arena.word(second)?;
    arena.set_word(second, pack(previous, u64::from(word as u32)))
}

/// Tells the live run at `index`, or the control area where the heap ends, whether what lies before
/// it is free.
fn set_free_before(arena: &mut Arena<'_>, index: usize, free: bool) -> Result<(), Corrupted> {
    let index = if index == arena.end() { END } else { index };
    let word = arena.word(index)?;
    arena.set_word(index, word & !1 | u64::from(free))
}

/// The links of a free run, and where the list begins.
pub fn own_words(heap: &Segment, run: &Run) -> Vec<(&'static str, u64)> {
    let word = |index: usize| heap.words.get(run.start + index).copied().unwrap_or(0);
    match run.state {
        RunState::Control => vec![("first free run", word(HEAD))],
        RunState::Free if run.words > 1 => {
            vec![("next", u64::from(link(word(0)))), ("previous", u64::from(link(word(1))))]
        }
        RunState::Free | RunState::Live => Vec::new(),
    }
}

/// Checks list, boundary tags and bits 0 against the runs that the shadow tells of.
pub fn audit(heap: &Segment, runs: &[Run]) -> Result<(), String> {
    let word = |index: usize| heap.words.get(index).copied().unwrap_or(0);
    let mut previous = 0;
    let mut expected = word(HEAD) as u32;
    // Whether each zone has a listed run, and whether its finger is on one.
    let mut zones = [(false, false); ZONES];
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
                let finger = finger_of(word(ZONE_SHIFT), run.start);
                let (listed, pointed_at) = &mut zones[finger - FINGERS];
                *listed = true;
                *pointed_at |= word(finger) == u64::from(address);
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
    let wrong = |&(zone, (listed, pointed_at)): &(usize, (bool, bool))| {
        listed != pointed_at || (!listed && word(FINGERS + zone) != 0)
    };
    if let Some((zone, _)) = zones.into_iter().enumerate().find(wrong) {
        return Err(format!("the finger of zone {zone} is on no free run of the zone"));
    }
    if (word(END) & 1 == 1) != before_is_free {
        return Err("the bit of the end of the heap is wrong".to_owned());
    }
    Ok(())
}
