local limit = 5000000
local composite = {}
for k = 1, limit - 1 do
  composite[k] = false
end

local i = 2
while i * i < limit do
  if not composite[i] then
    for j = i * i, limit - 1, i do
      composite[j] = true
    end
  end
  i = i + 1
end

local count = 0
for k = 2, limit - 1 do
  if not composite[k] then
    count = count + 1
  end
end
print(count)
