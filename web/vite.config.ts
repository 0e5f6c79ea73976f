import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vitest/config';
import { compress } from './vite/compress.ts';

// `npm run dev` passes what is not the application on to a gateway on this machine.
const gateway = process.env.VESTNIK_DEV_GATEWAY ?? 'http://127.0.0.1:8080';

export default defineConfig({
  plugins: [react(), compress()],
  resolve: { alias: { '@': fileURLToPath(new URL('./src', import.meta.url)) } },
  server: { proxy: { '/api': gateway, '/mailbox': gateway } },
  build: {
    target: 'es2022',
    manifest: true, // the budget of the first load is checked with it
    assetsInlineLimit: 0, // the content security policy allows no data: fonts or scripts
    chunkSizeWarningLimit: 700,
    // Left to itself the bundler makes a file of each few lines that pages share, and the headers of a hundred of them cost
    // more than what is in them.
    rolldownOptions: {
      output: {
        codeSplitting: {
          groups: [
            { name: 'initial', tags: ['$initial'], priority: 2 }, // what the first page needs in any case
            { name: 'shared', minShareCount: 6, priority: 1 }, // what most pages need
          ],
        },
      },
    },
  },
  test: {
    environment: 'jsdom',
    setupFiles: ['./src/test/setup.ts'],
    include: ['src/**/*.test.{ts,tsx}'],
    restoreMocks: true,
    testTimeout: 30_000, // machines of CI are slow
  },
});
