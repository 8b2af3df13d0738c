local n = 10000000
local buffer = {}
local seed = 42
for i = 0, n - 1 do
  seed = seed * 16807 % 2147483647
  buffer[i] = seed % 256
end

local sum = 0
for i = 0, n - 1 do
  sum = (sum * 31 + buffer[i]) % 1000003
end
print(sum)
