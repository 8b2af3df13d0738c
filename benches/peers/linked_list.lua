local head = nil
for i = 1, 1000000 do
  head = { value = i, next = head }
end

local total = 0
for _ = 1, 20 do
  local sum = 0
  local p = head
  while p do
    sum = sum + p.value
    p = p.next
  end
  total = total + sum
end
print(total)
