local total = 0
for i = 1, 50000000 do
  total = (total + i * i) % 1000003
end
print(total)
