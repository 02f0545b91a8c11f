"""The full screen: shows Changes, sends Commands."""
