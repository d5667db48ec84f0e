import type { Workload } from '../workload.js';
import { normal, operand } from './data.js';

export const opWorkloads: readonly Workload[] = [
  {
    name: 'op/tiny-add',
    prepare: () => {
      const q = normal([32]);
      return () => q.add(q);
    },
  },
  {
    name: 'op/matmul1024',
    prepare: ({ image: rows = 1024 } = {}) => {
      const [a, b] = [operand([rows, rows]), operand([rows, rows])];
      return () => a.matmul(b);
    },
  },
  {
    name: 'op/conv3x3-64-56-n16',
    prepare: ({ batch = 16, image = 56 } = {}) => {
      const [x, w] = [operand([batch, image, image, 64]), operand([64, 3, 3, 64])];
      return () => x.conv2d(w, { padding: 1 });
    },
  },
  {
    name: 'op/relu-10M',
    prepare: ({ image: elements = 10_000_000 } = {}) => {
      const z = normal([elements]);
      return () => z.relu();
    },
  },
  {
    name: 'op/softmax-4096x1000',
    prepare: ({ image: rows = 4096 } = {}) => {
      const q = normal([rows, 1000]);
      return () => q.softmax();
    },
  },
];
