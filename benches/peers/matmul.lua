local function multiply(a, b, c, n)
  for i = 0, n - 1 do
    for j = 0, n - 1 do
      local sum = 0.0
      for k = 0, n - 1 do
        sum = sum + a[i * n + k] * b[k * n + j]
      end
      c[i * n + j] = sum
    end
  end
end

local n = 200
local a, b, c = {}, {}, {}
for i = 0, n - 1 do
  for j = 0, n - 1 do
    a[i * n + j] = ((i * 3 + j * 7) % 11) * 0.5
    b[i * n + j] = ((i * 5 + j * 2) % 13) * 0.25
  end
end

local trace = 0.0
for rep = 0, 2 do
  multiply(a, b, c, n)
  for i = 0, n - 1 do
    trace = trace + c[i * n + i]
  end
  a[rep * n + rep] = a[rep * n + rep] + 1.0
end
print(math.floor(trace * 1000 + 0.5) / 1000)
