//! Writes templates for one event: each placeholder as that event, its caller and the trail have it.

use crate::clock::{push_iso, push_spoken};
use crate::json;
use crate::population::World;
use crate::principals::Principal;
use crate::rng::{Rng, mix, mix3};
use crate::sessions::Session;
use crate::template::{Piece, Template};
use crate::traces::TracePool;

/// What a template may refer to: one event's fixed facts.
#[derive(Clone, Copy)]
pub(crate) struct RenderContext<'a> {
    pub(crate) world: &'a World,
    /// Index of the account that receives the event.
    pub(crate) account: usize,
    /// Index of the region.
    pub(crate) region: usize,
    /// Event time in seconds since 1970.
    pub(crate) epoch: i64,
    pub(crate) caller: &'a Principal,
    pub(crate) session: &'a Session,
    /// Random bits the event's identifiers and picks are made of.
    pub(crate) ids: [u64; 4],
    pub(crate) traces: TracePool,
}

impl Template {
    /// Writes the template for one event.
    #[inline]
    pub(crate) fn write(&self, out: &mut Vec<u8>, context: &RenderContext<'_>, rng: &mut Rng) {
        for piece in self.pieces() {
            match piece {
                Piece::Text(text) => out.extend_from_slice(text),
                Piece::Account => out.extend_from_slice(context.world.account_id(context.account)),
                Piece::Region => out.extend_from_slice(context.world.region_name(context.region)),
                Piece::Ip => out.extend_from_slice(context.session.address.as_bytes()),
                Piece::Hex(word, digits) => {
                    let word = context.ids[*word];
                    json::push_hex(out, [word, mix(word, 5)], *digits);
                }
                Piece::Uuid(word) => {
                    let word = context.ids[*word];
                    json::push_uuid(out, [mix(word, 6), mix(word, 7)]);
                }
                Piece::Id(word, length) => {
                    let word = context.ids[*word];
                    json::push_base32(out, [word, mix(word, 8)], *length);
                }
                Piece::Pick(list, salt) => {
                    let choice = context.ids[0].rotate_left(salt * 7 + list.len() as u32) >> 40;
                    let at = (choice * list.len() as u64) >> 24;
                    out.extend_from_slice(list[at as usize].as_bytes());
                }
                Piece::Number(low, high) => {
                    json::push_number(out, u64::from(rng.between(*low, *high)));
                }
                Piece::Base64(length) => json::push_base64(out, rng, *length),
                Piece::Serial(length) => json::push_base32(out, [rng.word(), rng.word()], *length),
                Piece::Iso(shift) => push_iso(out, context.epoch + shift),
                Piece::Spoken(shift) => push_spoken(out, context.epoch + shift),
                Piece::Epoch(shift) => {
                    json::push_number(out, (context.epoch + shift).max(0) as u64)
                }
                Piece::Session => out.extend_from_slice(context.session.name.as_bytes()),
                Piece::AccessKey => {
                    let seed = context.session.seed;
                    let key = [
                        mix3(seed, 0xa51a, context.session.created(context.epoch) as u64),
                        mix3(seed, 0xa51b, context.session.created(context.epoch) as u64),
                    ];
                    json::push_base32(out, key, 16);
                }
                Piece::Created => push_iso(out, context.session.created(context.epoch)),
                Piece::Mfa => {
                    out.extend_from_slice(if context.session.mfa { b"true" } else { b"false" });
                }
                Piece::Key => {
                    let key = context.world.key(context.account, context.region, context.ids[0]);
                    json::push_uuid(out, key);
                }
                Piece::Caller => context.caller.arn.write(out, context, rng),
                Piece::Traces => context.traces.write_list(out, rng),
                Piece::Plot(name) => out.extend_from_slice(context.world.plot[*name].as_bytes()),
            }
        }
    }
}
