"""Learned policies: the network and its compiled inference, the file it travels in, the policies that ship."""
