65535:64:1:60:M*,S,T,N,W3:Example:1.0::Example 1.0
