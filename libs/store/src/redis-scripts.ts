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
 * until"), then records in order of time: time (6), id (8), flags (1), the rest. Numbers are read byte by byte: string
 * comparison in Lua follows the server's locale.
 */
const readTime = `
local byte, sub, find = string.byte, string.sub, string.find
local function time(s, at)
  local a, b, c, d, e, f = byte(s, at, at + 5)
  return ((((a * 256 + b) * 256 + c) * 256 + d) * 256 + e) * 256 + f
end`;

const findEvent = `
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
 */
export const ringAppend = script(`${readTime}${findEvent}
local record, mark = ARGV[1], ARGV[2]
local size = #record
local ring = redis.call('GET', KEYS[1])
local status = ${RING_APPENDED}
if ring and (sub(ring, 1, 4) ~= mark or (#ring - 10) % size ~= 0) then
  status = ${RING_FOREIGN}
  ring = false
end
if not ring then
  redis.call('SET', KEYS[1], mark .. '\\0\\0\\0\\0\\0\\0' .. record, 'PX', ARGV[5])
  return {status, false}
end
if find_event(ring, sub(record, 7, 14), size) then return {${RING_PRESENT}, ring} end
local now = time(record, 1)
local length = #ring
local at = length + 1
while at > 11 and time(ring, at - size) > now do at = at - size end
local newest = now
local records
if at > length then
  records = ring .. record
else
  newest = time(ring, length - size + 1)
  records = sub(ring, 1, at - 1) .. record .. sub(ring, at)
end
local first = 11
local oldest = newest - tonumber(ARGV[4])
local surplus = (length - 10) / size + 1 - tonumber(ARGV[3])
local first_time = time(records, first)
if surplus <= 0 and first_time > oldest then
  redis.call('SET', KEYS[1], records, 'PX', ARGV[5])
  return {status, ring}
end
local lost = time(ring, 5)
while surplus > 0 or first_time <= oldest do
  if first_time > lost then lost = first_time end
  if first == at then status = ${RING_TOO_LATE} end
  first = first + size
  surplus = surplus - 1
  first_time = time(records, first)
end
local header = mark
for shift = 5, 0, -1 do header = header .. string.char(math.floor(lost / 256 ^ shift) % 256) end
redis.call('SET', KEYS[1], header .. sub(records, first), 'PX', ARGV[5])
return {status, ring}`);

/** Changes the flags of one event of a ring. ARGV: event id, record size, mark, clear, set. Returns 1 when it was there. */
export const ringPatch = script(`${readTime}${findEvent}
local ring = redis.call('GET', KEYS[1])
local size = tonumber(ARGV[2])
if not ring or sub(ring, 1, 4) ~= ARGV[3] then return 0 end
local at = find_event(ring, ARGV[1], size)
if not at then return 0 end
local flags = bit.bor(bit.band(byte(ring, at + 14), bit.bnot(tonumber(ARGV[4]))), tonumber(ARGV[5]))
redis.call('SETRANGE', KEYS[1], at + 13, string.char(flags))
return 1`);

/** Takes one event out of a ring. ARGV: event id, record size, mark. Returns 1 when it was there. */
export const ringRemove = script(`${readTime}${findEvent}
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
