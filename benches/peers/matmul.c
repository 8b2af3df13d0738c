#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static void multiply(const double *a, const double *b, double *c, long n) {
    for (long i = 0; i < n; i++) {
        for (long j = 0; j < n; j++) {
            double sum = 0.0;
            for (long k = 0; k < n; k++) sum += a[i * n + k] * b[k * n + j];
            c[i * n + j] = sum;
        }
    }
}

int main(void) {
    long n = 200;
    double *a = calloc(n * n, sizeof *a);
    double *b = calloc(n * n, sizeof *b);
    double *c = calloc(n * n, sizeof *c);
    if (!a || !b || !c) return 1;
    for (long i = 0; i < n; i++) {
        for (long j = 0; j < n; j++) {
            a[i * n + j] = ((i * 3 + j * 7) % 11) * 0.5;
            b[i * n + j] = ((i * 5 + j * 2) % 13) * 0.25;
        }
    }
    double trace = 0.0;
    for (long rep = 0; rep < 3; rep++) {
        multiply(a, b, c, n);
        for (long i = 0; i < n; i++) trace += c[i * n + i];
        a[rep * n + rep] += 1.0;
    }
    free(a);
    free(b);
    free(c);
    printf("%.15g\n", round(trace * 1000.0) / 1000.0);
    return 0;
}
