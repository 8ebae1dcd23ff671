/**
 * A C program: reads bars, computes the 35 components with TA-Lib's functions into buffers that are allocated once, prints
 * nanoseconds a bar for each pass, and writes the series of the first symbol.
 */
export const HARNESS = String.raw`
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "ta_libc.h"

enum { SERIES = 35 };
static double *out[SERIES], *work[8];
static int rows;

static double now(clockid_t id) {
  struct timespec t;
  clock_gettime(id, &t);
  return t.tv_sec * 1e9 + t.tv_nsec;
}

static void *column(void) {
  double *c = malloc(rows * sizeof(double));
  for (int t = 0; t < rows; t++) c[t] = NAN;
  return c;
}

/* Each function writes from the row of its first value on, so that rows line up without another pass. */
#define AT(call, lookback, target) do { int b, n; double *to = (target) + (lookback); call; } while (0)
#define LAST (rows - 1)

static void compute(const double *high, const double *low, const double *close, const double *volume) {
  static const int lengths[6] = { 10, 20, 30, 50, 100, 200 };
  for (int i = 0; i < 6; i++) {
    AT(TA_SMA(0, LAST, close, lengths[i], &b, &n, to), lengths[i] - 1, out[i]);
    AT(TA_EMA(0, LAST, close, lengths[i], &b, &n, to), lengths[i] - 1, out[6 + i]);
  }
  /* Hull average of 9 */
  AT(TA_WMA(0, LAST, close, 4, &b, &n, to), 3, work[0]);
  AT(TA_WMA(0, LAST, close, 9, &b, &n, to), 8, work[1]);
  for (int t = 8; t < rows; t++) work[2][t] = 2 * work[0][t] - work[1][t];
  AT(TA_WMA(0, LAST - 8, work[2] + 8, 3, &b, &n, to), 10, out[12]);
  /* volume-weighted average */
  AT(TA_MULT(0, LAST, close, volume, &b, &n, to), 0, work[0]);
  AT(TA_SUM(0, LAST, work[0], 20, &b, &n, to), 19, work[1]);
  AT(TA_SUM(0, LAST, volume, 20, &b, &n, to), 19, work[2]);
  for (int t = 19; t < rows; t++) out[13][t] = work[1][t] / work[2][t];
  /* Ichimoku */
  AT(TA_MIDPRICE(0, LAST, high, low, 9, &b, &n, to), 8, out[14]);
  AT(TA_MIDPRICE(0, LAST, high, low, 26, &b, &n, to), 25, out[15]);
  for (int t = 25; t < rows; t++) out[16][t] = (out[14][t] + out[15][t]) / 2;
  AT(TA_MIDPRICE(0, LAST, high, low, 52, &b, &n, to), 51, out[17]);
  AT(TA_RSI(0, LAST, close, 14, &b, &n, to), 14, out[18]);
  { int b, n; TA_STOCH(0, LAST, high, low, close, 14, 3, TA_MAType_SMA, 3, TA_MAType_SMA, &b, &n, out[19] + 17, out[20] + 17); }
  AT(TA_CCI(0, LAST, high, low, close, 20, &b, &n, to), 19, out[21]);
  AT(TA_ADX(0, LAST, high, low, close, 14, &b, &n, to), 27, out[22]);
  AT(TA_PLUS_DI(0, LAST, high, low, close, 14, &b, &n, to), 14, out[23]);
  AT(TA_MINUS_DI(0, LAST, high, low, close, 14, &b, &n, to), 14, out[24]);
  /* awesome oscillator */
  AT(TA_MEDPRICE(0, LAST, high, low, &b, &n, to), 0, work[0]);
  AT(TA_SMA(0, LAST, work[0], 5, &b, &n, to), 4, work[1]);
  AT(TA_SMA(0, LAST, work[0], 34, &b, &n, to), 33, work[2]);
  for (int t = 33; t < rows; t++) out[25][t] = work[1][t] - work[2][t];
  AT(TA_MOM(0, LAST, close, 10, &b, &n, to), 10, out[26]);
  { int b, n; TA_MACD(0, LAST, close, 12, 26, 9, &b, &n, out[27] + 33, out[28] + 33, work[0]); }
  { int b, n; TA_STOCHRSI(0, LAST, close, 14, 14, 3, TA_MAType_SMA, &b, &n, work[0], out[29] + 29); }
  AT(TA_SMA(0, LAST - 29, out[29] + 29, 3, &b, &n, to), 31, out[30]);
  AT(TA_WILLR(0, LAST, high, low, close, 14, &b, &n, to), 13, out[31]);
  AT(TA_EMA(0, LAST, close, 13, &b, &n, to), 12, work[0]);
  for (int t = 12; t < rows; t++) {
    out[32][t] = high[t] - work[0][t];
    out[33][t] = low[t] - work[0][t];
  }
  AT(TA_ULTOSC(0, LAST, high, low, close, 7, 14, 28, &b, &n, to), 28, out[34]);
}

int main(int argc, char **argv) {
  rows = atoi(argv[2]);
  int symbols = atoi(argv[3]), passes = atoi(argv[4]);
  size_t size = (size_t)symbols * 4 * rows;
  double *data = malloc(size * sizeof(double)), guard = 0;
  FILE *file = fopen(argv[1], "rb");
  if (argc < 6 || !file || fread(data, sizeof(double), size, file) != size) return 1;
  fclose(file);
  TA_Initialize();
  for (int i = 0; i < SERIES; i++) out[i] = column();
  for (int i = 0; i < 8; i++) work[i] = column();
  /* As in timing.ts: a pass in which another program had the core is measured again. */
  for (int pass = -2, attempt = 0; pass < passes && attempt < 60 * passes; attempt++) {
    double used = now(CLOCK_PROCESS_CPUTIME_ID), start = now(CLOCK_MONOTONIC);
    for (int s = 0; s < symbols; s++) {
      const double *bars = data + (size_t)s * 4 * rows;
      compute(bars, bars + rows, bars + 2 * rows, bars + 3 * rows);
      guard += out[s % SERIES][LAST];
    }
    double elapsed = now(CLOCK_MONOTONIC) - start;
    if (now(CLOCK_PROCESS_CPUTIME_ID) - used < 0.97 * elapsed) continue;
    if (pass++ >= 0) printf("%.3f\n", elapsed / symbols / rows);
  }
  compute(data, data + rows, data + 2 * rows, data + 3 * rows);
  file = fopen(argv[5], "wb");
  for (int i = 0; i < SERIES; i++) fwrite(out[i], sizeof(double), rows, file);
  fclose(file);
  return guard == 0.123;
}
`
