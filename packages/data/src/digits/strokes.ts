/** A point in the unit square, y pointing down. */
export type Point = readonly [x: number, y: number];

/** One movement of the pen. */
export type Stroke = readonly Point[];

const ARC_STEP = 20;

/** Points on an ellipse around (x, y) from one angle to another, in degrees clockwise from the right. */
function arc(x: number, y: number, radiusX: number, radiusY: number, from: number, to: number): Point[] {
  const steps = Math.max(2, Math.ceil(Math.abs(to - from) / ARC_STEP));
  return Array.from({ length: steps + 1 }, (_, i): Point => {
    const angle = ((from + ((to - from) * i) / steps) * Math.PI) / 180;
    return [x + radiusX * Math.cos(angle), y + radiusY * Math.sin(angle)];
  });
}

/** The skeletons of the digits 0 … 9; a digit has one or more ways to write it. */
export const DIGIT_STROKES: readonly (readonly (readonly Stroke[])[])[] = [
  [[arc(0.5, 0.5, 0.23, 0.36, -90, 270)], [arc(0.5, 0.5, 0.18, 0.36, -60, 300)]],
  [
    [
      [
        [0.5, 0.14],
        [0.5, 0.86],
      ],
    ],
    [
      [
        [0.37, 0.3],
        [0.53, 0.14],
        [0.53, 0.86],
      ],
    ],
    [
      [
        [0.37, 0.3],
        [0.53, 0.14],
        [0.53, 0.86],
      ],
      [
        [0.36, 0.86],
        [0.7, 0.86],
      ],
    ],
  ],
  [
    [[...arc(0.49, 0.34, 0.21, 0.2, -170, 35), [0.27, 0.85], [0.74, 0.85]]],
    [[...arc(0.49, 0.34, 0.2, 0.2, -150, 40), [0.4, 0.76], ...arc(0.36, 0.77, 0.08, 0.08, -60, -330), [0.76, 0.84]]],
  ],
  [
    [[...arc(0.46, 0.31, 0.2, 0.17, -150, 80), ...arc(0.46, 0.67, 0.22, 0.19, -85, 150)]],
    [[[0.28, 0.15], [0.7, 0.15], [0.47, 0.43], ...arc(0.46, 0.65, 0.22, 0.21, -85, 150)]],
  ],
  [
    [
      [
        [0.62, 0.86],
        [0.62, 0.14],
        [0.26, 0.62],
        [0.79, 0.62],
      ],
    ],
    [
      [
        [0.33, 0.15],
        [0.29, 0.52],
        [0.7, 0.52],
      ],
      [
        [0.66, 0.14],
        [0.62, 0.87],
      ],
    ],
  ],
  [[[[0.71, 0.15], [0.36, 0.15], [0.32, 0.47], ...arc(0.47, 0.64, 0.22, 0.22, -130, 150)]]],
  [
    [[...arc(0.68, 0.62, 0.38, 0.48, -95, -175), ...arc(0.49, 0.66, 0.2, 0.2, -180, 180)]],
    [[[0.6, 0.14], ...arc(0.5, 0.66, 0.2, 0.2, -170, 190)]],
  ],
  [
    [
      [
        [0.26, 0.17],
        [0.74, 0.17],
        [0.43, 0.86],
      ],
    ],
    [
      [
        [0.26, 0.17],
        [0.74, 0.17],
        [0.43, 0.86],
      ],
      [
        [0.38, 0.51],
        [0.7, 0.51],
      ],
    ],
  ],
  [[arc(0.5, 0.31, 0.17, 0.17, 90, 450), arc(0.5, 0.67, 0.2, 0.19, -90, 270)]],
  [
    [[...arc(0.5, 0.34, 0.2, 0.2, 0, 360), [0.67, 0.86]]],
    [[...arc(0.48, 0.34, 0.2, 0.2, 0, 360), ...arc(0.3, 0.4, 0.39, 0.46, -10, 75)]],
  ],
];
