//! Pointers from C: looked at once, where they come in; NULL and misaligned ones are refused with their name.

use std::ffi::{CStr, c_char};
use std::marker::PhantomData;

use crate::failure::Failure;

/// Whether a pointer can be followed; what it points at is the caller's promise.
#[inline]
fn check<T>(pointer: *const T, what: &str) -> Result<(), Failure> {
    if pointer.is_null() || !pointer.is_aligned() { Err(refusal(pointer.addr(), align_of::<T>(), what)) } else { Ok(()) }
}

/// Far from the calls that poll: the text is most of the code.
#[cold]
#[inline(never)]
fn refusal(address: usize, alignment: usize, what: &str) -> Failure {
    if address == 0 {
        return Failure::argument(format!("{what} is NULL"));
    }
    Failure::argument(format!("{what} at {address:#x} is not aligned to {alignment} bytes"))
}

/// The struct behind a pointer.
///
/// # Safety
///
/// Unless NULL or misaligned, it points at a struct of this type that nobody else uses during the call.
#[inline]
pub(crate) unsafe fn borrow<'a, T>(pointer: *mut T, what: &str) -> Result<&'a mut T, Failure> {
    check(pointer, what)?;
    // SAFETY: neither NULL nor misaligned; the rest is what this function's caller promises.
    Ok(unsafe { &mut *pointer })
}

/// A string.
///
/// # Safety
///
/// Unless NULL, it ends with a zero byte and stays unchanged during the call.
pub(crate) unsafe fn text<'a>(pointer: *const c_char, what: &str) -> Result<&'a CStr, Failure> {
    check(pointer, what)?;
    // SAFETY: not NULL; the rest is what this function's caller promises.
    Ok(unsafe { CStr::from_ptr(pointer) })
}

/// Places for `capacity` values of plain numbers, which may hold nothing yet.
#[derive(Debug)]
pub(crate) struct Places<'a, T> {
    first: *mut T,
    capacity: usize,
    call: PhantomData<&'a mut T>,
}

impl<T: Copy> Places<'_, T> {
    /// Room for `capacity` values; none need be there for 0.
    ///
    /// # Safety
    ///
    /// Unless NULL or misaligned, `first` points at room for `capacity` values that nobody else uses during the call.
    pub(crate) unsafe fn new(first: *mut T, capacity: usize, what: &str) -> Result<Self, Failure> {
        if capacity > 0 {
            check(first, what)?;
        }
        Ok(Self { first, capacity, call: PhantomData })
    }

    /// Room for one value.
    ///
    /// # Safety
    ///
    /// As for [`Self::new`].
    pub(crate) unsafe fn one(place: *mut T, what: &str) -> Result<Self, Failure> {
        // SAFETY: as this function's caller promises.
        unsafe { Self::new(place, 1, what) }
    }

    /// Writes as many of the values as there is room for; gives their number.
    pub(crate) fn put(&mut self, values: impl IntoIterator<Item = T>) -> usize {
        let mut written = 0;
        for (index, value) in values.into_iter().take(self.capacity).enumerate() {
            self.put_at(index, value);
            written = index + 1;
        }
        written
    }

    /// How many values there is room for.
    pub(crate) const fn capacity(&self) -> usize {
        self.capacity
    }

    /// Writes the value with this index, if there is room for it.
    pub(crate) fn put_at(&mut self, index: usize, value: T) {
        if index < self.capacity {
            // SAFETY: `index` is below `capacity`, for which `new` was promised room.
            let place = unsafe { self.first.add(index) };
            // SAFETY: as above, and aligned, checked by `new`; nobody else uses it during the call.
            unsafe { place.write(value) };
        }
    }

    /// The values, where the caller has filled them all.
    ///
    /// # Safety
    ///
    /// It has.
    pub(crate) unsafe fn values(&self) -> &[T] {
        if self.capacity == 0 {
            return &[];
        }
        // SAFETY: neither NULL nor misaligned, checked by `new`; filled, as this function's caller promises, and as many as
        // `new` was promised; nobody else uses them during the call.
        unsafe { std::slice::from_raw_parts(self.first, self.capacity) }
    }
}
