// What vite imports besides code.
declare module '*.css'
