local n = 1000000
local a = {}
for i = 0, n - 1 do
  a[i] = i % 1000
end

local total = 0
for pass = 0, 19 do
  local sum = 0
  for i = 0, n - 1 do
    sum = sum + a[i]
  end
  total = total + sum
  a[pass] = a[pass] + 1
end
print(total)
