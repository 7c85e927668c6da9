/* A level controller, tried on the model of a tank that plant.py has exported. Needs no library but libm:
 * cc -std=c99 -O2 -I. -o loop examples/export/loop.c plant.c -lm */
#include "plant.h"

#include <stdio.h>

/* A valve between closed and open, in percent. */
static double limited(double valve) { return (valve < 0.0) ? 0.0 : ((valve > 100.0) ? 100.0 : valve); }

int main(void) {
  static const double wanted[] = {20.0, 30.0, 15.0};
  plant_state tank;
  double u[PLANT_INPUTS] = {50.0}, y[PLANT_OUTPUTS], sum = 0.0;
  int missed = 0;

  plant_init(&tank);
  for (int part = 0; part < 3; part++) {
    for (int t = 0; t < 150; t++) {
      plant_step(&tank, u, y);
      /* What is measured now decides on the valve of the next step. */
      const double error = wanted[part] - y[0];
      sum += 0.15 * error;
      u[0] = limited(50.0 + (1.5 * error) + sum);
    }
    printf("level %.2f cm, wanted %.2f cm, valve %.1f %%\n", y[0], wanted[part], u[0]);
    missed += (y[0] < wanted[part] - 0.1) || (y[0] > wanted[part] + 0.1);
  }
  return missed;
}
