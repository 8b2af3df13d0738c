#include <stdio.h>

int main(void) {
    long total = 0;
    for (long i = 1; i <= 50000000; i++) total = (total + i * i) % 1000003;
    printf("%ld\n", total);
    return 0;
}
