/** The longest file that is read, in bytes; no configuration comes near. What is included is read until all files together are as long. */
export const longestInput = 32_000_000;
