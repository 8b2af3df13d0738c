local function make(depth)
  if depth > 0 then
    return { left = make(depth - 1), right = make(depth - 1) }
  end
  return { left = nil, right = nil }
end

local function check(node)
  if node.left == nil then return 1 end
  return 1 + check(node.left) + check(node.right)
end

local max_depth = 16
local total = check(make(max_depth + 1))
local long_lived = make(max_depth)
for depth = 4, max_depth, 2 do
  for _ = 1, 2 ^ (max_depth - depth + 4) do
    total = total + check(make(depth))
  end
end
total = total + check(long_lived)
print(total)
