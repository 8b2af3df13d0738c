local slots = 10000
local held = {}
local seed = 42
for op = 1, 50000 do
  seed = seed * 16807 % 2147483647
  local slot = seed % slots
  seed = seed * 16807 % 2147483647
  local size = 8 + seed % 57
  local buffer = {}
  for k = 1, size do
    buffer[k] = 0
  end
  buffer[1] = op
  buffer[size] = slot
  held[slot] = buffer
end

local sum = 0
for i = 0, slots - 1 do
  local buffer = held[i]
  if buffer then
    sum = (sum * 31 + buffer[1] + buffer[#buffer]) % 1000003
  end
end
print(sum)
