"""The engines that agree: each plays a flow under a script and tells what it did."""
