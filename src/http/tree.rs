//! One reply tree and its three writers: XML, JSON, JSONP. A call builds the tree once and knows of no format.
