import { createHash } from 'node:crypto';

export interface RedisScript {
  readonly lua: string;
  readonly sha: string;
}

function script(lua: string): RedisScript {
  return { lua, sha: createHash('sha1').update(lua).digest('hex') };
}

/*
 * A stored ring (libs/features/src/ring.ts, event-record.ts): a header of 12 bytes (4 of mark, 6 of
 * "lost until", 2 of the head: which record is the oldest), then records in order of time from the
 * head on, wrapping around. A record: time (6), id (8), flags (1), the rest. Positions in Lua count
 * from 1, so records begin at 13 and ids 6 later. Times are unpacked to be compared: comparing
 * strings in Lua follows the server's locale.
 */
const findEvent = `
local sub, find = string.sub, string.find
local function find_event(ring, id, size)
  local at = find(ring, id, 19, true)
  while at do
    if (at - 19) % size == 0 then return at - 6 end
    at = find(ring, id, at + 1, true)
  end
  return nil
end`;

export const RING_APPENDED = 1;
export const RING_PRESENT = 0;
export const RING_TOO_LATE = 2;
export const RING_FOREIGN = 3;

/** How many arguments the script takes for each ring. */
export const RING_APPEND_ARGUMENTS = 5;

/**
 * Reads rings and appends a record to each in order of time, once per event id. ARGV, for each key:
 * record, mark, most events, horizon ms, time to live ms. Returns for each {status, ring before}.
 *
 * Lua copies a string with each operation on it, which is what costs here. So a full ring is
 * changed in place: the newest record takes the place of the oldest. Only what comes out of order,
 * or makes several records drop out, has the ring put together anew, in order of time.
 */
export const ringAppend = script(`
local sub, find, number = string.sub, string.find, struct.unpack
local function append(key, record, mark, most, horizon, ttl)
local size = #record
local ring = redis.call('GET', key)
local status = ${RING_APPENDED}
if ring and (sub(ring, 1, 4) ~= mark or (#ring - 12) % size ~= 0) then
  status = ${RING_FOREIGN}
  ring = false
end
if not ring then
  redis.call('SET', key, mark .. '\\0\\0\\0\\0\\0\\0\\0\\0' .. record, 'PX', ttl)
  return {status, false}
end
local id = sub(record, 7, 14)
local same = find(ring, id, 19, true)
while same do
  if (same - 19) % size == 0 then return {${RING_PRESENT}, ring} end
  same = find(ring, id, same + 1, true)
end
local now = number('>I6', record)
local length = #ring
local count = (length - 12) / size
local head = 13 + number('>I2', ring, 11) * size
local last = head > 13 and head - size or length - size + 1
if count > 0 and now >= number('>I6', ring, last) then
  if count < most and head == 13 and number('>I6', ring, head) > now - horizon then
    redis.call('SET', key, ring .. record, 'PX', ttl)
    return {status, ring}
  end
  local second = head + size
  if second > length then second = 13 end
  if count == most and number('>I6', ring, second) > now - horizon then
    local lost = sub(ring, head, head + 5)
    if number('>I6', lost) < number('>I6', ring, 5) then lost = sub(ring, 5, 10) end
    redis.call('SETRANGE', key, head - 1, record)
    redis.call('SETRANGE', key, 4, lost .. struct.pack('>I2', (second - 13) / size))
    redis.call('PEXPIRE', key, ttl)
    return {status, ring}
  end
end
local records = sub(ring, head) .. sub(ring, 13, head - 1)
local at = #records + 1
while at > 1 and number('>I6', records, at - size) > now do at = at - size end
local newest = now
if at <= #records then newest = number('>I6', records, #records - size + 1) end
records = sub(records, 1, at - 1) .. record .. sub(records, at)
local first, lost, surplus = 1, sub(ring, 5, 10), count + 1 - most
while surplus > 0 or number('>I6', records, first) <= newest - horizon do
  local dropped = sub(records, first, first + 5)
  if number('>I6', dropped) > number('>I6', lost) then lost = dropped end
  if first == at then status = ${RING_TOO_LATE} end
  first = first + size
  surplus = surplus - 1
end
redis.call('SET', key, mark .. lost .. '\\0\\0' .. sub(records, first), 'PX', ttl)
return {status, ring}
end
local replies = {}
for n, key in ipairs(KEYS) do
  local at = (n - 1) * ${RING_APPEND_ARGUMENTS}
  local most, horizon = tonumber(ARGV[at + 3]), tonumber(ARGV[at + 4])
  replies[n] = append(key, ARGV[at + 1], ARGV[at + 2], most, horizon, ARGV[at + 5])
end
return replies`);

/**
 * Changes the flags of one event of a ring. ARGV: event id, record size, mark, clear, set. Returns
 * 1 when it was there.
 */
export const ringPatch = script(`${findEvent}
local ring = redis.call('GET', KEYS[1])
local size = tonumber(ARGV[2])
if not ring or sub(ring, 1, 4) ~= ARGV[3] then return 0 end
local at = find_event(ring, ARGV[1], size)
if not at then return 0 end
local kept = bit.band(string.byte(ring, at + 14), bit.bnot(tonumber(ARGV[4])))
local flags = bit.bor(kept, tonumber(ARGV[5]))
redis.call('SETRANGE', KEYS[1], at + 13, string.char(flags))
return 1`);

/**
 * Takes one event out of a ring. ARGV: event id, record size, mark. Returns 1 when it was there.
 */
export const ringRemove = script(`${findEvent}
local ring = redis.call('GET', KEYS[1])
local size = tonumber(ARGV[2])
if not ring or sub(ring, 1, 4) ~= ARGV[3] then return 0 end
local at = find_event(ring, ARGV[1], size)
if not at then return 0 end
local head = 13 + struct.unpack('>I2', ring, 11) * size
local before, after = sub(ring, 13, at - 1), sub(ring, at + size)
if at < head then
  before, after = sub(ring, head), sub(ring, 13, at - 1) .. sub(ring, at + size, head - 1)
elseif head > 13 then
  before, after = sub(ring, head, at - 1), sub(ring, at + size) .. sub(ring, 13, head - 1)
end
redis.call('SET', KEYS[1], sub(ring, 1, 10) .. '\\0\\0' .. before .. after, 'KEEPTTL')
return 1`);

/**
 * Replaces tiles, each only where its header is still the one that was read. ARGV, for each key:
 * that header (empty where there was nothing), the new tiles, time to live ms. Returns for each 1,
 * or what stands there instead.
 */
export const tilesReplace = script(`
local replies = {}
for nth, key in ipairs(KEYS) do
  local first = 3 * nth - 2
  if redis.call('GETRANGE', key, 0, 15) == ARGV[first] then
    redis.call('SET', key, ARGV[first + 1], 'PX', ARGV[first + 2])
    replies[nth] = 1
  else
    replies[nth] = redis.call('GET', key)
  end
end
return replies`);

/**
 * Replaces an event reference where it is still the one that was read. ARGV: that one, the new one.
 * Returns 1, 0 when another report came between, nil when it has expired.
 */
export const referenceReplace = script(`
local stored = redis.call('GET', KEYS[1])
if not stored then return false end
if stored ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'KEEPTTL')
return 1`);

/** Gives up a claim that is still unanswered. ARGV: the pending value. */
export const claimRelease = script(`
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0`);

export const redisScripts: readonly RedisScript[] = [
  ringAppend,
  ringPatch,
  ringRemove,
  tilesReplace,
  referenceReplace,
  claimRelease,
];
