//! Functions for the hot path: up to four plain arguments in, an int out, no allocation.
//!
//! napi's generated glue takes 100 ns for a function and 240 ns for a method (measured 2026-11-21, Node 20.20, napi 3.16): each
//! call allocates a borrow scope, a method also checks a type tag and takes a lock of the whole process. A function made here
//! carries its Rust closure as callback data, so that neither is needed.

use std::ffi::c_void;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr::null_mut;

use napi::bindgen_prelude::{Env, FromNapiValue, Function};
use napi::{JsError, sys};
use tickring_core::error::Code;

use crate::failure::{Result, fail, panic_text};

/// Most arguments that a call may read.
const ARGUMENTS_MAX: usize = 4;

/// What an entry point answers when its arguments make no sense.
pub fn out_of_range() -> i32 {
    -i32::from(Code::ArgumentRange as u16)
}

/// The arguments of one call. They live for that call alone.
pub struct Call<'call> {
    env: sys::napi_env,
    arguments: &'call [sys::napi_value],
}

impl<'call> Call<'call> {
    /// Whether argument `index` was passed and is not `undefined`.
    #[inline]
    pub fn has(&self, index: usize) -> bool {
        let Some(value) = self.arguments.get(index) else { return false };
        let mut kind = 0;
        // SAFETY: as in `number`.
        unsafe { sys::napi_typeof(self.env, *value, &raw mut kind) };
        kind != sys::ValueType::napi_undefined
    }

    /// Argument `index` as an unsigned integer, converted as `>>> 0` does; `None` where it is absent or no number.
    #[inline]
    pub fn number(&self, index: usize) -> Option<u32> {
        let mut number = 0;
        // SAFETY: env and value belong to the running call, kept by `enter`; the out-pointer is a local.
        let status = unsafe { sys::napi_get_value_uint32(self.env, *self.arguments.get(index)?, &raw mut number) };
        (status == sys::Status::napi_ok).then_some(number)
    }

    /// Argument `index`, a BigInt, in ns; `Some(0)` where it is absent or undefined, `None` where it is anything else.
    #[inline]
    pub fn nanos(&self, index: usize) -> Option<u64> {
        let Some(value) = self.arguments.get(index) else { return Some(0) };
        let (mut nanos, mut lossless) = (0, false);
        // SAFETY: as in `number`.
        let status = unsafe { sys::napi_get_value_bigint_uint64(self.env, *value, &raw mut nanos, &raw mut lossless) };
        if status == sys::Status::napi_ok { lossless.then_some(nanos) } else { (!self.has(index)).then_some(0) }
    }

    /// Argument `index`, a Buffer or Uint8Array, in place. `None` for anything else, and for memory that another thread may
    /// write (SharedArrayBuffer); a detached one is empty.
    ///
    /// Cost: 8 ns. A buffer registered beforehand would save them, at the price of having to prove on each call that nobody
    /// transferred, resized or collected it.
    #[inline]
    pub fn bytes(&self, index: usize) -> Option<&'call [u8]> {
        let (start, size) = self.memory(index)?;
        if size == 0 {
            return Some(&[]);
        }
        // SAFETY: V8 gave start and size of an array that the call's arguments keep alive; JavaScript, which alone could
        // detach, resize or write it, runs nothing before the call returns.
        Some(unsafe { std::slice::from_raw_parts(start, size) })
    }

    /// As [`Self::bytes`], to be filled. Nothing else of the call can be borrowed meanwhile, so that two arrays over the same
    /// memory do no harm.
    #[inline]
    pub fn bytes_mut(&mut self, index: usize) -> Option<&mut [u8]> {
        let (start, size) = self.memory(index)?;
        if size == 0 {
            return Some(&mut []);
        }
        // SAFETY: as in `bytes`; `&mut self` keeps any other view of the arguments' memory out.
        Some(unsafe { std::slice::from_raw_parts_mut(start.cast_mut(), size) })
    }

    fn memory(&self, index: usize) -> Option<(*const u8, usize)> {
        let value = *self.arguments.get(index)?;
        let (mut kind, mut size, mut start, mut owner, mut owned) = (0, 0, null_mut(), null_mut(), false);
        // SAFETY: env and value belong to the running call, kept by `enter`; the out-pointers are locals.
        let status = unsafe {
            sys::napi_get_typedarray_info(
                self.env,
                value,
                &raw mut kind,
                &raw mut size,
                &raw mut start,
                &raw mut owner,
                null_mut(),
            )
        };
        if status != sys::Status::napi_ok || kind != sys::TypedarrayType::uint8_array {
            return None;
        }
        // SAFETY: as above. Node says no for a SharedArrayBuffer.
        unsafe { sys::napi_is_arraybuffer(self.env, owner, &raw mut owned) };
        owned.then_some((start.cast_const().cast(), size))
    }
}

/// A JavaScript function that runs `body`. The function owns `body`, which is dropped when V8 collects the function or the
/// thread ends. A panic in `body` is caught and answered with `-SHARD_POISONED`.
///
/// # Errors
///
/// `CLOSED` if Node cannot make the function, which it refuses only on a thread that is ending.
pub fn bind<F>(env: &Env, name: &str, body: F) -> Result<Function<'static, (), i32>>
where
    F: Fn(&Call<'_>) -> i32 + 'static,
{
    bind_throwing(env, name, move |call| Ok(body(call)))
}

/// As [`bind`]; what `body` fails with is thrown, with its code.
///
/// # Errors
///
/// As [`bind`].
pub fn bind_throwing<F>(env: &Env, name: &str, body: F) -> Result<Function<'static, (), i32>>
where
    F: Fn(&mut Call<'_>) -> Result<i32> + 'static,
{
    let data: *mut c_void = Box::into_raw(Box::new(body)).cast();
    let mut function = null_mut();
    let size = isize::try_from(name.len()).expect("invariant: names are short");
    let name: *const _ = name.as_ptr().cast();
    // SAFETY: env is live; `enter::<F>` gets `data`, a `F`, for as long as the function lives.
    let made = unsafe { sys::napi_create_function(env.raw(), name, size, Some(enter::<F>), data, &raw mut function) };
    let mut kept = made;
    if made == sys::Status::napi_ok {
        // SAFETY: as above; `leave::<F>` gets the same `data`, once, after the last call.
        kept = unsafe { sys::napi_add_finalizer(env.raw(), function, data, Some(leave::<F>), null_mut(), null_mut()) };
    }
    if kept != sys::Status::napi_ok {
        // A function without a finalizer is never handed out, so that nobody can call it with freed data.
        // SAFETY: `data` came from `Box::into_raw` above and no finalizer took it.
        drop(unsafe { Box::<F>::from_raw(data.cast()) });
        return Err(fail(Code::Closed, "the thread is ending: no function can be made"));
    }
    // SAFETY: `function` is the function that was just made in this env.
    unsafe { Function::from_napi_value(env.raw(), function) }.map_err(|error| fail(Code::Closed, error.reason.clone()))
}

unsafe extern "C" fn leave<F>(_: sys::napi_env, data: *mut c_void, _: *mut c_void) {
    // SAFETY: `bind` gave `data` as the box of a `F`; Node runs a finalizer once.
    let body = unsafe { Box::<F>::from_raw(data.cast()) };
    // What it owns may panic while it is dropped; that must not cross into C.
    let _ = catch_unwind(AssertUnwindSafe(|| drop(body)));
}

unsafe extern "C" fn enter<F: Fn(&mut Call<'_>) -> Result<i32>>(
    env: sys::napi_env,
    info: sys::napi_callback_info,
) -> sys::napi_value {
    let mut arguments = [null_mut(); ARGUMENTS_MAX];
    let (mut count, mut data) = (ARGUMENTS_MAX, null_mut());
    // SAFETY: env and info are those of the running call; the out-pointers are locals, `count` says how many fit.
    let status = unsafe { sys::napi_get_cb_info(env, info, &raw mut count, arguments.as_mut_ptr(), null_mut(), &raw mut data) };
    if status != sys::Status::napi_ok {
        return null_mut();
    }
    // SAFETY: `bind` set `data` to a live `F`; it is only read through `&`, and dropped by `leave` after the last call.
    let body = unsafe { &*data.cast::<F>() };
    let mut call = Call { env, arguments: &arguments[..count.min(ARGUMENTS_MAX)] };
    let answer = catch_unwind(AssertUnwindSafe(|| body(&mut call))).unwrap_or_else(|payload| {
        eprintln!("tickring: entry point: {}", panic_text(payload.as_ref()));
        Ok(-i32::from(Code::ShardPoisoned as u16))
    });
    match answer {
        Ok(answer) => {
            let mut value = null_mut();
            // SAFETY: env is live; the out-pointer is a local. On failure `value` stays null, which is `undefined`.
            unsafe { sys::napi_create_int32(env, answer, &raw mut value) };
            value
        }
        Err(error) => {
            // SAFETY: env is live and no exception is pending: nothing here calls JavaScript.
            unsafe { JsError::from(error).throw_into(env) };
            null_mut()
        }
    }
}
