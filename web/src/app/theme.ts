import { createTheme, type CSSVariablesResolver, type MantineColorsTuple } from '@mantine/core';

const teal: MantineColorsTuple = [
  '#e6f6f5', '#cfe9e8', '#a1d2d1', '#6fbab9', '#46a6a5', '#2c9998', '#15807f', '#0b6b6b', '#055a5a', '#004848',
]; // prettier-ignore

const dark: MantineColorsTuple = [
  '#d3d8dc', '#b6bdc3', '#98a1a9', '#77828b', '#49545d', '#343e46', '#273038', '#1a2127', '#141a1f', '#0e1317',
]; // prettier-ignore

/** The look of the application: one accent, neutral greys; colours of outcomes are in ui/outcomes. */
export const theme = createTheme({
  primaryColor: 'accent',
  colors: { accent: teal, dark },
  primaryShade: { light: 7, dark: 6 },
  fontFamily: "'Inter Variable', system-ui, sans-serif",
  fontFamilyMonospace: "ui-monospace, 'SF Mono', Menlo, Consolas, monospace",
  headings: { fontWeight: '650', sizes: { h1: { fontSize: '1.5rem', lineHeight: '1.3' } } },
  defaultRadius: 'sm',
  cursorType: 'pointer',
  focusRing: 'auto',
  respectReducedMotion: true,
  components: {
    TextInput: { defaultProps: { size: 'sm' } },
    Menu: { defaultProps: { withInitialFocusPlaceholder: false } }, // no menu item: axe is right to complain
    // On a narrow page tabs are pushed aside; a second line of them looks broken.
    Tabs: {
      styles: {
        list: { flexWrap: 'nowrap', overflowX: 'auto', overflowY: 'hidden', scrollbarWidth: 'none' },
        tab: { flexShrink: 0 },
      },
    },
    Tooltip: { defaultProps: { openDelay: 300, events: { hover: true, focus: true, touch: true } } },
    Modal: { defaultProps: { centered: true }, styles: { title: { fontWeight: 600, lineHeight: 1.35 } } },
  },
});

/** Colours of small text and buttons that are readable on both grounds (WCAG 1.4.3). */
export const cssVariables: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    '--mantine-color-dimmed': '#5b6670',
    '--mantine-color-error': '#c02626',
    '--mantine-color-placeholder': '#6b7680',
    '--mantine-color-anchor': '#0b6b6b',
    '--mantine-color-red-filled': '#c92a2a',
    '--mantine-color-red-filled-hover': '#b02525',
    '--mantine-color-red-outline': '#c02626',
    '--mantine-color-red-light-color': '#b02525',
    '--mantine-color-yellow-light-color': '#7a4b00',
  },
  dark: {
    '--mantine-color-dimmed': '#9aa5ae',
    '--mantine-color-error': '#ff8787',
    '--mantine-color-placeholder': '#8b96a0',
    '--mantine-color-anchor': '#5fc0be',
    '--mantine-color-red-filled': '#c92a2a',
    '--mantine-color-red-filled-hover': '#b02525',
    '--mantine-color-red-outline': '#ff8787',
    '--mantine-color-yellow-light': '#3a2c10',
    '--mantine-color-yellow-light-color': '#ffd479',
  },
});
