import { createHash } from 'node:crypto';

export interface RedisScript {
  readonly lua: string;
  readonly sha: string;
}

function script(lua: string): RedisScript {
  return { lua, sha: createHash('sha1').update(lua).digest('hex') };
}

/*
 * The ring's layout is libs/features/src/ring.ts and event-record.ts: a header of 10 bytes (4 of mark, 6 of "lost
 * until"), then records in order of time: time (6), id (8), flags (1), the rest. Times are unpacked to be compared:
 * comparing strings in Lua follows the server's locale.
 */
const findEvent = `
local sub, find = string.sub, string.find
local function find_event(ring, id, size)
  local at = find(ring, id, 17, true)
  while at do
    if (at - 17) % size == 0 then return at - 6 end
    at = find(ring, id, at + 1, true)
  end
  return nil
end`;

export const RING_APPENDED = 1;
export const RING_PRESENT = 0;
export const RING_TOO_LATE = 2;
export const RING_FOREIGN = 3;

/**
 * Reads a ring and appends a record in order of time, once per event id.
 * ARGV: record, mark, most events, horizon ms, time to live ms. Returns {status, ring before}.
 *
 * Lua copies a string with each operation on it, and the ring is the one long string here: so the new ring is put
 * together in one concatenation, of what is kept and the record. A dropped record's time is copied to the header as
 * the six bytes that it is.
 */
export const ringAppend = script(`
local sub, find, unpack_number = string.sub, string.find, struct.unpack
local key, record, mark = KEYS[1], ARGV[1], ARGV[2]
local size = #record
local ring = redis.call('GET', key)
local status = ${RING_APPENDED}
if ring and (sub(ring, 1, 4) ~= mark or (#ring - 10) % size ~= 0) then
  status = ${RING_FOREIGN}
  ring = false
end
if not ring then
  redis.call('SET', key, mark .. '\\0\\0\\0\\0\\0\\0' .. record, 'PX', ARGV[5])
  return {status, false}
end
local id = sub(record, 7, 14)
local same = find(ring, id, 17, true)
while same do
  if (same - 17) % size == 0 then return {${RING_PRESENT}, ring} end
  same = find(ring, id, same + 1, true)
end
local now = unpack_number('>I6', record)
local length = #ring
local at = length + 1
while at > 11 and unpack_number('>I6', ring, at - size) > now do at = at - size end
local newest = now
if at <= length then newest = unpack_number('>I6', ring, length - size + 1) end
local oldest = newest - tonumber(ARGV[4])
local surplus = (length - 10) / size + 1 - tonumber(ARGV[3])
local first, lost = 11, sub(ring, 5, 10)
while first < at and (surplus > 0 or unpack_number('>I6', ring, first) <= oldest) do
  local dropped = sub(ring, first, first + 5)
  if unpack_number('>I6', dropped) > unpack_number('>I6', lost) then lost = dropped end
  first = first + size
  surplus = surplus - 1
end
local kept
if first == at and (surplus > 0 or now <= oldest) then
  -- Everything before it went, and so does the record itself: it is older than the ring reaches.
  if now > unpack_number('>I6', lost) then lost = sub(record, 1, 6) end
  status = ${RING_TOO_LATE}
  kept = sub(ring, at)
elseif at > length then
  redis.call('SET', key, mark .. lost .. sub(ring, first) .. record, 'PX', ARGV[5])
  return {status, ring}
else
  kept = sub(ring, first, at - 1) .. record .. sub(ring, at)
end
redis.call('SET', key, mark .. lost .. kept, 'PX', ARGV[5])
return {status, ring}`);

/** Changes the flags of one event of a ring. ARGV: event id, record size, mark, clear, set. Returns 1 when it was there. */
export const ringPatch = script(`${findEvent}
local ring = redis.call('GET', KEYS[1])
local size = tonumber(ARGV[2])
if not ring or sub(ring, 1, 4) ~= ARGV[3] then return 0 end
local at = find_event(ring, ARGV[1], size)
if not at then return 0 end
local flags = bit.bor(bit.band(string.byte(ring, at + 14), bit.bnot(tonumber(ARGV[4]))), tonumber(ARGV[5]))
redis.call('SETRANGE', KEYS[1], at + 13, string.char(flags))
return 1`);

/** Takes one event out of a ring. ARGV: event id, record size, mark. Returns 1 when it was there. */
export const ringRemove = script(`${findEvent}
local ring = redis.call('GET', KEYS[1])
local size = tonumber(ARGV[2])
if not ring or sub(ring, 1, 4) ~= ARGV[3] then return 0 end
local at = find_event(ring, ARGV[1], size)
if not at then return 0 end
redis.call('SET', KEYS[1], sub(ring, 1, at - 1) .. sub(ring, at + size), 'KEEPTTL')
return 1`);

/** Replaces tiles when nobody wrote since they were read. ARGV: header read ('' = none), tiles, ttl ms. */
export const tilesReplace = script(`
if redis.call('GETRANGE', KEYS[1], 0, 15) ~= ARGV[1] then return redis.call('GET', KEYS[1]) end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
return 1`);

/** Changes the flags of an event reference. ARGV: clear, set. Returns the flags before, nil when it is unknown. */
export const referencePatch = script(`
local flags = redis.call('GETRANGE', KEYS[1], 6, 6)
if flags == '' then return false end
local before = string.byte(flags)
local after = bit.bor(bit.band(before, bit.bnot(tonumber(ARGV[1]))), tonumber(ARGV[2]))
if after ~= before then redis.call('SETRANGE', KEYS[1], 6, string.char(after)) end
return before`);

/** Gives up a claim that is still unanswered. ARGV: the pending value. */
export const claimRelease = script(`
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0`);

export const redisScripts: readonly RedisScript[] = [
  ringAppend,
  ringPatch,
  ringRemove,
  tilesReplace,
  referencePatch,
  claimRelease,
];
