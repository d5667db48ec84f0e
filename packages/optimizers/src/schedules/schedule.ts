/** A learning rate as a pure function of the number of steps taken so far: `schedule(0)` is the rate of the first step. */
export type Schedule = (step: number) => number;
